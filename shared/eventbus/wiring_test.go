package eventbus_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/eventbus"
)

func ignore[E eventbus.Event](context.Context, E) error { return nil }

func ignoreAll(context.Context, []eventbus.Event) error { return nil }

// hint subscribes to E after the commit, with one key and the newest staying.
func hint[E eventbus.Event](b *eventbus.Bus, name string) {
	eventbus.AfterCommit(b, name, func(E) string { return "" }, func(_, newer E) E { return newer }, ignore[E])
}

func TestMistakesOfWiringPanic(t *testing.T) {
	t.Parallel()
	const late = " after the program was started; wire it in the module's New"
	for _, c := range []struct {
		name string
		wire func(*eventbus.Bus)
		says string
	}{
		{"two publishers of one event", func(b *eventbus.Bus) {
			eventbus.Publishes[placed](b, "sales")
		}, "eventbus: orders.placed is published by orders already; an event has one publisher"},
		{"two handlers of one name", func(b *eventbus.Bus) {
			eventbus.Subscribe(b, "stock.reserve", ignore[placed])
			eventbus.Subscribe(b, "stock.reserve", ignore[paid])
		}, "eventbus: two handlers are called stock.reserve"},
		{"one name at two moments", func(b *eventbus.Bus) {
			eventbus.Subscribe(b, "stock.reserve", ignore[placed])
			hint[placed](b, "stock.reserve")
		}, "eventbus: two handlers are called stock.reserve"},
		{"one name before commit too", func(b *eventbus.Bus) {
			hint[placed](b, "stock.reserve")
			eventbus.BeforeCommit(b, "stock.reserve", ignoreAll, eventbus.Of[placed]())
		}, "eventbus: two handlers are called stock.reserve"},
		{"Publishes late", func(b *eventbus.Bus) {
			b.Freeze()
			eventbus.Publishes[unheard](b, "orders")
		}, "eventbus: Publishes(orders.unheard)" + late},
		{"Subscribe late", func(b *eventbus.Bus) {
			b.Freeze()
			eventbus.Subscribe(b, "stock.reserve", ignore[placed])
		}, "eventbus: Subscribe(stock.reserve)" + late},
		{"BeforeCommit late", func(b *eventbus.Bus) {
			b.Freeze()
			eventbus.BeforeCommit(b, "feed.append", ignoreAll, eventbus.Of[placed]())
		}, "eventbus: BeforeCommit(feed.append)" + late},
		{"AfterCommit late", func(b *eventbus.Bus) {
			b.Freeze()
			hint[placed](b, "hub.hint")
		}, "eventbus: AfterCommit(hub.hint)" + late},
		{"nobody publishes what one waits for", func(b *eventbus.Bus) {
			eventbus.Subscribe(b, "stock.reserve", ignore[unheard])
			b.Freeze()
		}, "eventbus: nobody publishes orders.unheard, which [stock.reserve] wait for"},
		{"nor before commit", func(b *eventbus.Bus) {
			eventbus.BeforeCommit(b, "feed.append", ignoreAll, eventbus.Of[placed](), eventbus.Of[unheard]())
			b.Freeze()
		}, "eventbus: nobody publishes orders.unheard, which [feed.append] wait for"},
		{"nor after it", func(b *eventbus.Bus) {
			hint[unheard](b, "hub.hint")
			b.Freeze()
		}, "eventbus: nobody publishes orders.unheard, which [hub.hint] wait for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.PanicsWithValue(t, c.says, func() { c.wire(newBus(1, io.Discard)) })
		})
	}
}

func TestRoutesListWhoPublishesAndWhoListens(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.Subscribe(bus, "stock.reserve", ignore[placed])
	eventbus.Subscribe(bus, "mail.thank", ignore[placed])
	eventbus.Subscribe(bus, "lost.wait", ignore[unheard])
	eventbus.BeforeCommit(bus, "feed.append", ignoreAll, eventbus.Of[paid](), eventbus.Of[placed]())
	hint[grown](bus, "hub.hint")

	require.Equal(t, []eventbus.Route{
		{Event: "feed.grown", Publisher: "feed", AfterCommit: []string{"hub.hint"}},
		{Event: "orders.paid", Publisher: "orders", BeforeCommit: []string{"feed.append"}},
		{
			Event: "orders.placed", Publisher: "orders",
			Transaction: []string{"stock.reserve", "mail.thank"}, BeforeCommit: []string{"feed.append"},
		},
		{Event: "orders.shipped", Publisher: "orders"},
		{Event: "orders.unheard", Transaction: []string{"lost.wait"}},
	}, bus.Routes())
	require.Equal(t, []string{"stock.reserve", "mail.thank", "feed.append"}, bus.Routes()[2].Listeners())
}

func TestAnEventThatNobodyHearsIsFine(t *testing.T) {
	t.Parallel()
	bus := eventbus.New(slog.New(slog.DiscardHandler))
	eventbus.Publishes[placed](bus, "orders")
	require.NotPanics(t, bus.Freeze)
	require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) }))
	require.Zero(t, bus.Waiting())
}

func TestAbsentPublishersAreDeclaredByTheNameOfTheEvent(t *testing.T) {
	t.Parallel()
	bus := eventbus.New(slog.New(slog.DiscardHandler), eventbus.WithAbsentPublishers())
	eventbus.Publishes[placed](bus, "sales")
	eventbus.Subscribe(bus, "stock.reserve", ignore[placed])
	eventbus.Subscribe(bus, "stock.release", ignore[unheard])
	bus.Freeze()
	require.Equal(t, []eventbus.Route{
		{Event: "orders.placed", Publisher: "sales", Transaction: []string{"stock.reserve"}},
		{Event: "orders.unheard", Publisher: "orders", Transaction: []string{"stock.release"}},
	}, bus.Routes())
	require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, unheard{"1"}) }))
	require.ErrorIs(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, paid{"1"}) }), eventbus.ErrUndeclared,
		"what nobody waits for stays undeclared")
}
