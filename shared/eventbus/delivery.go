package eventbus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"fasttrack/shared/uow"
)

// The mistakes of a publisher. They are errors and not panics because a unit of work is running; they doom it.
var (
	ErrNoUnitOfWork = errors.New("eventbus: published outside a unit of work")
	ErrUndeclared   = errors.New("eventbus: event has no declared publisher")
	ErrTooLate      = errors.New("eventbus: published before commit, when only announcements are possible")
	ErrRunaway      = errors.New("eventbus: events answer each other without end")
)

// delivery is what one attempt at a unit of work has published. It rides in the context beside the unit, so that
// the attempt after a retry starts with nothing.
type delivery struct {
	queue    []published
	draining bool
	closing  bool     // before-commit handlers are running
	chain    []string // events that led to the handler which is running
	events   []Event  // everything published, for BeforeCommit and AfterCommit
	signals  []Event  // everything announced, for AfterCommit
}

type published struct {
	event Event
	chain []string // names from the first event to this one
}

type deliveryKey struct{}

// Begin implements uow.Participant.
func (b *Bus) Begin(ctx context.Context) context.Context {
	return context.WithValue(ctx, deliveryKey{}, &delivery{})
}

// Publish delivers the event to everybody who subscribed to it in the transaction, and whatever they publish in
// turn, before it returns; called by a handler, it queues the event behind the others. Any error dooms the unit of
// work, even if the caller swallows it.
func (b *Bus) Publish(ctx context.Context, event Event) error {
	unit, d := uow.Current(ctx), deliveryIn(ctx)
	if unit == nil || d == nil {
		return fmt.Errorf("%w: %s", ErrNoUnitOfWork, event.EventName())
	}
	err := b.publish(ctx, d, event)
	if err != nil {
		unit.Doom(err)
	}
	return err
}

func (b *Bus) publish(ctx context.Context, d *delivery, event Event) error {
	name := event.EventName()
	if _, declared := b.publishers[name]; !declared {
		return fmt.Errorf("%w: %s", ErrUndeclared, name)
	}
	if d.closing {
		return fmt.Errorf("%w: %s", ErrTooLate, name)
	}
	chain := append(slices.Clone(d.chain), name)
	if len(chain) > MaxDepth {
		return fmt.Errorf("%w: %s", ErrRunaway, strings.Join(chain, " → "))
	}
	d.events = append(d.events, event)
	d.queue = append(d.queue, published{event, chain})
	if d.draining {
		return nil
	}
	d.draining = true
	defer func() { d.draining, d.chain = false, nil }()
	for len(d.queue) > 0 {
		next := d.queue[0]
		d.queue = d.queue[1:]
		d.chain = next.chain
		for _, h := range b.shuffled(b.handlers[next.event.EventName()]) {
			err := b.observed(ctx, "transaction", h.name, func(ctx context.Context) error { return h.fn(ctx, next.event) })
			if err != nil {
				d.queue = nil
				return fmt.Errorf("%s on %s: %w", h.name, next.event.EventName(), err)
			}
		}
	}
	return nil
}

// Announce leaves a signal that is delivered after the commit alone. Unlike [Bus.Publish] it may be used before
// commit.
func (b *Bus) Announce(ctx context.Context, signal Event) error {
	unit, d := uow.Current(ctx), deliveryIn(ctx)
	if unit == nil || d == nil {
		return fmt.Errorf("%w: %s", ErrNoUnitOfWork, signal.EventName())
	}
	if _, declared := b.publishers[signal.EventName()]; !declared {
		err := fmt.Errorf("%w: %s", ErrUndeclared, signal.EventName())
		unit.Doom(err)
		return err
	}
	d.signals = append(d.signals, signal)
	return nil
}

// BeforeCommit implements uow.Participant.
func (b *Bus) BeforeCommit(ctx context.Context) error {
	unit, d := uow.Current(ctx), deliveryIn(ctx)
	if unit == nil || d == nil {
		return nil
	}
	d.closing = true
	for _, h := range b.beforeCommit {
		batch := make([]Event, 0, len(d.events))
		for _, e := range d.events {
			if h.kinds[e.EventName()] {
				batch = append(batch, e)
			}
		}
		if len(batch) == 0 {
			continue
		}
		err := b.observed(ctx, "before_commit", h.name, func(ctx context.Context) error { return h.fn(ctx, batch) })
		if err != nil {
			return fmt.Errorf("%s before commit: %w", h.name, err)
		}
		if err := unit.Doomed(); err != nil { // it swallowed an error of the bus
			return fmt.Errorf("%s before commit: %w", h.name, err)
		}
	}
	return nil
}

// AfterCommit implements uow.Participant: it hands everything to the dispatcher and returns.
func (b *Bus) AfterCommit(ctx context.Context) {
	d := deliveryIn(ctx)
	if d == nil {
		return
	}
	for _, e := range slices.Concat(d.events, d.signals) {
		if b.tap != nil {
			b.tap(e)
		}
		for _, h := range b.afterCommit[e.EventName()] {
			if err := guard(func() error { b.dispatcher.put(h, e); return nil }); err != nil {
				b.fail(ctx, h, e, err)
			}
		}
	}
}

func deliveryIn(ctx context.Context) *delivery {
	d, _ := ctx.Value(deliveryKey{}).(*delivery)
	return d
}

// guard turns a panic of an after-commit handler into an error: nobody waits for it who could fail instead.
func guard(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return fn()
}
