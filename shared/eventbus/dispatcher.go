package eventbus

import (
	"context"
	"sync"
	"sync/atomic"
)

// dispatcher delivers after the commit. What waits is a map and not a queue: one entry per handler and key, so a
// slow handler makes entries older, never more.
type dispatcher struct {
	mu      sync.Mutex
	wake    chan struct{} // holds at most one token
	waiting map[signalKey]signal
	order   []signalKey // keys of waiting, oldest first
	failed  atomic.Int64
}

type signalKey struct{ handler, key string }

type signal struct {
	handler signalHandler
	event   Event
}

type signalHandler struct {
	name  string
	key   func(Event) string
	merge func(older, newer Event) Event
	fn    func(context.Context, Event) error
}

func newDispatcher() *dispatcher {
	return &dispatcher{wake: make(chan struct{}, 1), waiting: map[signalKey]signal{}}
}

// AfterCommit has fn called some time after the commit of a unit of work that published or announced E. While one
// waits, a newer event of the same key is merged into it: merge picks what stays, since commits of two units may
// arrive here in either order. Errors and panics of fn are logged and counted. All handlers share one goroutine:
// fn must be quick, and hands long work to its own.
func AfterCommit[E Event](
	b *Bus, name string, key func(E) string, merge func(older, newer E) E, fn func(context.Context, E) error,
) {
	b.claim("AfterCommit", name)
	event := nameOf[E]()
	b.afterCommit[event] = append(b.afterCommit[event], signalHandler{
		name:  name,
		key:   func(e Event) string { return key(e.(E)) },
		merge: func(older, newer Event) Event { return merge(older.(E), newer.(E)) },
		fn:    func(ctx context.Context, e Event) error { return fn(ctx, e.(E)) },
	})
}

func (d *dispatcher) put(h signalHandler, e Event) {
	key := signalKey{h.name, h.key(e)}
	d.mu.Lock()
	defer d.mu.Unlock() // even if merge panics
	if older, there := d.waiting[key]; there {
		e = h.merge(older.event, e)
	} else {
		d.order = append(d.order, key)
	}
	d.waiting[key] = signal{h, e}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// take empties the map.
func (d *dispatcher) take() []signal {
	d.mu.Lock()
	defer d.mu.Unlock()
	batch := make([]signal, 0, len(d.order))
	for _, key := range d.order {
		batch = append(batch, d.waiting[key])
	}
	clear(d.waiting)
	d.order = d.order[:0]
	return batch
}

// Run delivers after-commit events until ctx is done, and then what is still waiting. Handlers do not see the end of
// ctx: they could not deliver any more.
func (b *Bus) Run(ctx context.Context) error {
	delivery := context.WithoutCancel(ctx)
	for {
		select {
		case <-b.dispatcher.wake:
			b.dispatch(delivery)
		case <-ctx.Done():
			b.dispatch(delivery)
			return nil
		}
	}
}

func (b *Bus) dispatch(ctx context.Context) {
	for batch := b.dispatcher.take(); len(batch) > 0; batch = b.dispatcher.take() {
		for _, s := range batch {
			err := b.observed(ctx, "after_commit", s.handler.name, func(ctx context.Context) error {
				return guard(func() error { return s.handler.fn(ctx, s.event) })
			})
			if err != nil {
				b.fail(ctx, s.handler, s.event, err)
			}
		}
	}
}

func (b *Bus) fail(ctx context.Context, h signalHandler, e Event, err error) {
	b.dispatcher.failed.Add(1)
	b.log.ErrorContext(ctx, "after-commit handler failed", "handler", h.name, "event", e.EventName(), "error", err)
}

// Failed returns how many after-commit deliveries have failed.
func (b *Bus) Failed() int64 { return b.dispatcher.failed.Load() }

// Waiting returns how many after-commit deliveries wait for their turn.
func (b *Bus) Waiting() int {
	b.dispatcher.mu.Lock()
	defer b.dispatcher.mu.Unlock()
	return len(b.dispatcher.waiting)
}
