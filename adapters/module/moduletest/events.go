package moduletest

import (
	"context"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/eventbus"
)

// Publish publishes events as other modules would, all in one unit of work. An event that the module does not listen
// to is refused.
func (w *World) Publish(events ...eventbus.Event) {
	w.t.Helper()
	require.NoError(w.t, w.TryPublish(w.t.Context(), events...))
}

// TryPublish is [World.Publish] where it may fail, or where it runs beside the test. In a unit of work it is part of it.
func (w *World) TryPublish(ctx context.Context, events ...eventbus.Event) error {
	return w.DB.Do(ctx, func(ctx context.Context) error {
		for _, e := range events {
			if err := w.Bus.Publish(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Publishing returns [World.TryPublish] as something to run beside the test, see [dbtest.Hold] and [dbtest.Blocked].
func (w *World) Publishing(events ...eventbus.Event) func() error {
	return func() error { return w.TryPublish(w.t.Context(), events...) }
}

// tell publishes those of the events that the module listens to.
func (w *World) tell(events ...eventbus.Event) {
	w.t.Helper()
	for _, e := range events {
		if w.heard[e.EventName()] {
			w.Publish(e)
		}
	}
}

// note takes what was committed, and keeps what is not of the test itself.
func (w *World) note(e eventbus.Event) {
	if !w.own[e.EventName()] {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// Events returns what the module has published and committed since it was asked last, in order.
func (w *World) Events() []eventbus.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.events
	w.events = nil
	return events
}

// ExpectEvents requires that the module has published these events and no other since it was asked last, in this
// order. They are given by name, "tasks.task_created", and returned for a closer look.
func (w *World) ExpectEvents(names ...string) []eventbus.Event {
	w.t.Helper()
	events := w.Events()
	published := make([]string, len(events))
	for i, e := range events {
		published[i] = e.EventName()
	}
	require.Equal(w.t, append([]string{}, names...), published, "%+v", events)
	return events
}

// ExpectNoEvents requires that the module has published nothing since it was asked last.
func (w *World) ExpectNoEvents() {
	w.t.Helper()
	w.ExpectEvents()
}
