package broadcast

import (
	"context"
	"slices"
	"sync"
)

// Local is a network within one process. A program that is the only node of its system is alone on one.
type Local struct {
	mu      sync.Mutex
	running []*localNode
}

// NewLocal returns a network without nodes.
func NewLocal() *Local { return &Local{} }

// Join returns a new node, which is on the network while it runs.
func (l *Local) Join() Broadcaster { return &localNode{network: l, received: NewOutbox()} }

// Alone returns the broadcaster of a node that has no others.
func Alone() Broadcaster { return NewLocal().Join() }

type localNode struct {
	Listeners

	network  *Local
	received *Outbox
}

// Publish puts the hint into the other nodes' boxes, so that no listener can hold it up.
func (n *localNode) Publish(h Hint) {
	n.network.mu.Lock()
	defer n.network.mu.Unlock()
	for _, other := range n.network.running {
		if other != n {
			other.received.Put(h)
		}
	}
}

func (n *localNode) Run(ctx context.Context) error {
	n.network.join(n)
	defer n.network.leave(n)
	for {
		select {
		case <-n.received.Waiting():
			for _, h := range n.received.Take(MaxWaiting) {
				n.Tell(h)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *Local) join(n *localNode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = append(l.running, n)
}

func (l *Local) leave(n *localNode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = slices.DeleteFunc(l.running, func(other *localNode) bool { return other == n })
}
