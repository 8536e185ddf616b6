package broadcast

import "sync"

// MaxWaiting is how many hints of different keys an [Outbox] holds. Those beyond are lost.
const MaxWaiting = 10_000

// Outbox holds the hints that wait to be sent, one per topic and key. It is safe for concurrent use.
type Outbox struct {
	mu      sync.Mutex
	wake    chan struct{} // holds at most one token
	numbers map[place]int64
	order   []place // of numbers, oldest first
}

type place struct{ topic, key string }

// NewOutbox returns an empty outbox.
func NewOutbox() *Outbox {
	return &Outbox{wake: make(chan struct{}, 1), numbers: map[place]int64{}}
}

// Put adds a hint, or merges it into the one of the same topic and key that waits already.
func (o *Outbox) Put(h Hint) {
	if len(h.Topic) > MaxText || len(h.Key) > MaxText {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	at := place{h.Topic, h.Key}
	if number, waits := o.numbers[at]; waits {
		o.numbers[at] = max(number, h.Number)
		return
	}
	if len(o.order) == MaxWaiting {
		return
	}
	o.numbers[at] = h.Number
	o.order = append(o.order, at)
	o.signal()
}

// Waiting holds something whenever there may be hints to take. It is for one receiver.
func (o *Outbox) Waiting() <-chan struct{} { return o.wake }

// Take removes the oldest hints, at most n of them.
func (o *Outbox) Take(n int) []Hint {
	o.mu.Lock()
	defer o.mu.Unlock()
	n = min(n, len(o.order))
	taken := make([]Hint, n)
	for i, at := range o.order[:n] {
		taken[i] = Hint{at.topic, at.key, o.numbers[at]}
		delete(o.numbers, at)
	}
	o.order = append(o.order[:0], o.order[n:]...)
	if len(o.order) > 0 {
		o.signal()
	}
	return taken
}

func (o *Outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
