package eventbus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/errs"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/uow"
)

var errRefused = errs.New(errs.Conflict, "refused", "refused")

// TestTheThreeMoments follows one unit of work through the bus, under many orders of handlers.
func TestTheThreeMoments(t *testing.T) {
	t.Parallel()
	orders := map[string]bool{}
	for seed := range uint64(200) {
		var happened journal
		bus := newBus(seed, io.Discard)
		for _, name := range []string{"a", "b", "c"} {
			eventbus.Subscribe(bus, name, func(_ context.Context, e placed) error {
				happened.add("in transaction " + name + e.ID)
				return nil
			})
		}
		eventbus.BeforeCommit(bus, "last", func(_ context.Context, batch []eventbus.Event) error {
			happened.add(fmt.Sprint("before commit ", batch))
			return nil
		}, eventbus.Of[placed](), eventbus.Of[paid]())
		eventbus.AfterCommit(bus, "hint", func(e placed) string { return e.ID }, func(_, newer placed) placed { return newer },
			func(_ context.Context, e placed) error {
				happened.add("after commit " + e.ID)
				return nil
			})
		bus.Freeze()

		run := &units{participant: bus, moments: happened.add}
		require.NoError(t, run.Do(context.Background(), func(ctx context.Context) error {
			for _, e := range []eventbus.Event{placed{"1"}, shipped{"2"}, paid{"3"}, placed{"4"}} {
				require.NoError(t, bus.Publish(ctx, e))
				happened.add("published")
			}
			return nil
		}))
		require.Equal(t, 2, bus.Waiting())
		drain(t, bus)

		lines := happened.all()
		orders[strings.Join(lines[:3], ", ")] = true
		slices.Sort(lines[0:3]) // the handlers of one event come in any order
		slices.Sort(lines[6:9])
		require.Equal(t, []string{
			"in transaction a1", "in transaction b1", "in transaction c1", "published", // before Publish returned
			"published", "published",
			"in transaction a4", "in transaction b4", "in transaction c4", "published",
			"before commit [{1} {3} {4}]", // once, only what was asked for, in the order of publishing
			"commit",
			"after commit 1", "after commit 4",
		}, lines)
	}
	require.Len(t, orders, 6, "200 seeds have shown every order of three handlers")
}

// TestEventsOfHandlersAreDeliveredBreadthFirst holds that all handlers of one event run before the next event.
func TestEventsOfHandlersAreDeliveredBreadthFirst(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		var happened journal
		bus := newBus(seed, io.Discard)
		for _, name := range []string{"a", "b"} {
			eventbus.Subscribe(bus, name+".placed", func(ctx context.Context, e placed) error {
				happened.add("placed")
				return bus.Publish(ctx, paid(e)) // two of them: one by each handler
			})
			eventbus.Subscribe(bus, name+".paid", func(ctx context.Context, e paid) error {
				happened.add("paid")
				if name == "a" {
					return bus.Publish(ctx, shipped(e))
				}
				return nil
			})
			eventbus.Subscribe(bus, name+".shipped", func(context.Context, shipped) error {
				happened.add("shipped")
				return nil
			})
		}
		bus.Freeze()
		require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) }))
		require.Equal(t, slices.Concat(
			slices.Repeat([]string{"placed"}, 2), slices.Repeat([]string{"paid"}, 4), slices.Repeat([]string{"shipped"}, 4),
		), happened.all())
	}
}

func TestAnErrorOfAHandlerKeepsItsKindAndNamesTheHandler(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.Subscribe(bus, "stock.reserve", func(context.Context, placed) error { return errRefused })
	bus.Freeze()
	err := do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) })
	require.ErrorIs(t, err, errRefused)
	require.Equal(t, errs.Conflict, errs.KindOf(err))
	require.EqualError(t, err, "stock.reserve on orders.placed: refused")
}

func TestAfterAnErrorNothingOfTheQueueIsDelivered(t *testing.T) {
	t.Parallel()
	var happened journal
	bus := newBus(1, io.Discard)
	eventbus.Subscribe(bus, "first", func(ctx context.Context, e placed) error {
		require.NoError(t, bus.Publish(ctx, paid(e)))
		return errRefused
	})
	eventbus.Subscribe(bus, "second", func(context.Context, paid) error {
		happened.add("paid")
		return nil
	})
	bus.Freeze()
	require.ErrorIs(t, do(bus, func(ctx context.Context) error {
		require.ErrorIs(t, bus.Publish(ctx, placed{"1"}), errRefused)
		require.NoError(t, bus.Publish(ctx, shipped{"2"}), "the next one does not bring the old queue along")
		return nil
	}), errRefused)
	require.Empty(t, happened.all())
}

// TestSwallowedErrorsDoom holds that no caller can overlook a failure on the bus.
func TestSwallowedErrorsDoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fn   func(*eventbus.Bus, context.Context)
		want error
	}{
		{"of a handler", func(b *eventbus.Bus, ctx context.Context) { _ = b.Publish(ctx, placed{"1"}) }, errRefused},
		{"of an undeclared event", func(b *eventbus.Bus, ctx context.Context) {
			_ = b.Publish(ctx, unheard{"1"})
		}, eventbus.ErrUndeclared},
		{"of an undeclared announcement", func(b *eventbus.Bus, ctx context.Context) {
			_ = b.Announce(ctx, unheard{"1"})
		}, eventbus.ErrUndeclared},
		{"inside a handler", func(b *eventbus.Bus, ctx context.Context) { _ = b.Publish(ctx, paid{"1"}) }, eventbus.ErrUndeclared},
		{"before commit", func(b *eventbus.Bus, ctx context.Context) { _ = b.Publish(ctx, shipped{"1"}) }, eventbus.ErrTooLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bus := newBus(1, io.Discard)
			eventbus.Subscribe(bus, "refuses", func(context.Context, placed) error { return errRefused })
			eventbus.Subscribe(bus, "swallows", func(ctx context.Context, e paid) error {
				_ = bus.Publish(ctx, unheard(e))
				return nil
			})
			eventbus.BeforeCommit(bus, "too late", func(ctx context.Context, _ []eventbus.Event) error {
				_ = bus.Publish(ctx, placed{"2"})
				return nil
			}, eventbus.Of[shipped]())
			hint[placed](bus, "hint.placed")
			hint[shipped](bus, "hint.shipped")
			bus.Freeze()
			run := &units{participant: bus, moments: func(m string) { t.Errorf("%s of a doomed unit", m) }}
			require.ErrorIs(t, run.Do(context.Background(), func(ctx context.Context) error {
				c.fn(bus, ctx)
				return nil
			}), c.want)
			require.Zero(t, bus.Waiting(), "nothing is delivered after a rollback")
		})
	}
}

func TestAnErrorBeforeCommitRollsBackAndStopsTheOthers(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.BeforeCommit(bus, "feed.append", func(context.Context, []eventbus.Event) error { return errRefused },
		eventbus.Of[placed]())
	eventbus.BeforeCommit(bus, "jobs.enqueue", func(context.Context, []eventbus.Event) error {
		t.Error("ran after an error")
		return nil
	}, eventbus.Of[placed]())
	hint[placed](bus, "hint")
	bus.Freeze()
	err := do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) })
	require.ErrorIs(t, err, errRefused)
	require.EqualError(t, err, "feed.append before commit: refused")
	require.Zero(t, bus.Waiting())
}

func TestBeforeCommitRunsOnlyForItsKinds(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.BeforeCommit(bus, "feed.append", func(context.Context, []eventbus.Event) error {
		t.Error("none of its events was published")
		return nil
	}, eventbus.Of[placed]())
	bus.Freeze()
	require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, paid{"1"}) }))
	require.NoError(t, do(bus, func(context.Context) error { return nil }))
}

func TestARollbackDeliversNothing(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.BeforeCommit(bus, "last", func(context.Context, []eventbus.Event) error {
		t.Error("before a commit that does not come")
		return nil
	}, eventbus.Of[placed]())
	hint[placed](bus, "hint")
	bus.Freeze()
	require.ErrorIs(t, do(bus, func(ctx context.Context) error {
		require.NoError(t, bus.Publish(ctx, placed{"1"}))
		require.NoError(t, bus.Announce(ctx, placed{"2"}))
		return errRefused
	}), errRefused)
	require.Zero(t, bus.Waiting())
	drain(t, bus)
}

// TestARetryBeginsWithNothing holds that an attempt which is repeated leaves no event behind.
func TestARetryBeginsWithNothing(t *testing.T) {
	t.Parallel()
	var happened journal
	bus := newBus(1, io.Discard)
	eventbus.BeforeCommit(bus, "last", func(_ context.Context, batch []eventbus.Event) error {
		happened.add(fmt.Sprint("before commit ", batch))
		return nil
	}, eventbus.Of[placed]())
	eventbus.AfterCommit(bus, "hint", func(e placed) string { return e.ID }, func(_, newer placed) placed { return newer },
		func(_ context.Context, e placed) error {
			happened.add("after commit " + e.ID)
			return nil
		})
	bus.Freeze()

	attempt := 0
	run := &units{participant: bus, failCommits: 2}
	require.NoError(t, run.Do(context.Background(), func(ctx context.Context) error {
		attempt++
		require.NoError(t, bus.Announce(ctx, placed{fmt.Sprint("signal of ", attempt)}))
		return bus.Publish(ctx, placed{fmt.Sprint("event of ", attempt)})
	}))
	drain(t, bus)
	require.Equal(t, []string{
		"before commit [{event of 1}]", "before commit [{event of 2}]", "before commit [{event of 3}]",
		"after commit event of 3", "after commit signal of 3",
	}, happened.all())
}

func TestAPanicOfAHandlerInTheTransactionReachesThePublisher(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.Subscribe(bus, "bug", func(context.Context, placed) error { panic("a bug") })
	hint[placed](bus, "hint")
	bus.Freeze()
	require.PanicsWithValue(t, "a bug", func() {
		_ = do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) })
	})
	require.Zero(t, bus.Waiting())
	require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, paid{"1"}) }),
		"the next unit of work knows nothing of it")
}

// countdown publishes itself until it reaches zero.
type countdown struct{ Left int }

func (countdown) EventName() string { return "chain.countdown" }

func TestAChainMayBeEightLongAndNoLonger(t *testing.T) {
	t.Parallel()
	newChain := func(t *testing.T) (*eventbus.Bus, *int) {
		delivered := 0
		bus := newBus(1, io.Discard)
		eventbus.Publishes[countdown](bus, "chain")
		eventbus.Subscribe(bus, "chain.on", func(ctx context.Context, e countdown) error {
			delivered++
			if e.Left == 1 {
				return nil
			}
			return bus.Publish(ctx, countdown{e.Left - 1})
		})
		bus.Freeze()
		return bus, &delivered
	}

	t.Run("eight", func(t *testing.T) {
		t.Parallel()
		bus, delivered := newChain(t)
		require.NoError(t, do(bus, func(ctx context.Context) error {
			return errors.Join(bus.Publish(ctx, countdown{eventbus.MaxDepth}), bus.Publish(ctx, countdown{eventbus.MaxDepth}))
		}), "each publication begins a chain of its own")
		require.Equal(t, 2*eventbus.MaxDepth, *delivered)
	})
	t.Run("nine", func(t *testing.T) {
		t.Parallel()
		bus, delivered := newChain(t)
		err := do(bus, func(ctx context.Context) error { return bus.Publish(ctx, countdown{eventbus.MaxDepth + 1}) })
		require.ErrorIs(t, err, eventbus.ErrRunaway)
		require.Equal(t, eventbus.MaxDepth, *delivered)
	})
}

func TestARunawayIsNamed(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	eventbus.Subscribe(bus, "ping", func(ctx context.Context, e placed) error { return bus.Publish(ctx, paid(e)) })
	eventbus.Subscribe(bus, "pong", func(ctx context.Context, e paid) error { return bus.Publish(ctx, placed(e)) })
	bus.Freeze()
	err := do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) })
	require.ErrorIs(t, err, eventbus.ErrRunaway)
	require.ErrorContains(t, err, strings.Repeat("orders.placed → orders.paid → ", 4)+"orders.placed")
}

// TestManyEventsSideBySideAreNoChain holds that only causes count: a handler may publish as much as it likes.
func TestManyEventsSideBySideAreNoChain(t *testing.T) {
	t.Parallel()
	delivered := 0
	bus := newBus(1, io.Discard)
	eventbus.Subscribe(bus, "fan out", func(ctx context.Context, e placed) error {
		for range 100 {
			require.NoError(t, bus.Publish(ctx, paid(e)))
		}
		return nil
	})
	eventbus.Subscribe(bus, "count", func(context.Context, paid) error { delivered++; return nil })
	bus.Freeze()
	require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Publish(ctx, placed{"1"}) }))
	require.Equal(t, 100, delivered)
}

func TestPublishingOutsideAUnitOfWork(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	hint[placed](bus, "hint")
	bus.Freeze()
	var escaped context.Context
	require.NoError(t, do(bus, func(ctx context.Context) error { escaped = ctx; return nil }))
	bare, _ := uow.Begin(context.Background())
	for name, ctx := range map[string]context.Context{
		"no unit at all": context.Background(), "a unit that has ended": escaped, "a unit without this bus": bare,
	} {
		require.ErrorIs(t, bus.Publish(ctx, placed{"1"}), eventbus.ErrNoUnitOfWork, name)
		require.ErrorIs(t, bus.Announce(ctx, placed{"1"}), eventbus.ErrNoUnitOfWork, name)
	}
	require.NoError(t, bus.BeforeCommit(bare))
	bus.AfterCommit(bare)
	require.Zero(t, bus.Waiting())
}

func TestBeforeCommitMayAnnounceAndNotPublish(t *testing.T) {
	t.Parallel()
	var happened journal
	bus := newBus(1, io.Discard)
	eventbus.BeforeCommit(bus, "feed.append", func(ctx context.Context, batch []eventbus.Event) error {
		return bus.Announce(ctx, grown{"ada", len(batch)})
	}, eventbus.Of[placed]())
	eventbus.BeforeCommit(bus, "too late", func(ctx context.Context, _ []eventbus.Event) error {
		return bus.Publish(ctx, placed{"2"})
	}, eventbus.Of[paid]())
	eventbus.AfterCommit(bus, "hub.hint", func(e grown) string { return e.User }, func(_, newer grown) grown { return newer },
		func(_ context.Context, e grown) error {
			happened.add(fmt.Sprint(e))
			return nil
		})
	bus.Freeze()

	require.NoError(t, do(bus, func(ctx context.Context) error {
		return errors.Join(bus.Publish(ctx, placed{"1"}), bus.Publish(ctx, placed{"2"}))
	}))
	drain(t, bus)
	require.Equal(t, []string{"{ada 2}"}, happened.all())

	err := do(bus, func(ctx context.Context) error { return bus.Publish(ctx, paid{"1"}) })
	require.ErrorIs(t, err, eventbus.ErrTooLate)
	require.ErrorContains(t, err, "orders.placed")
}

// TestPublishingIsOverBeforeCommitEvenWithoutEvents holds for participants that come after the bus.
func TestPublishingIsOverBeforeCommitEvenWithoutEvents(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	bus.Freeze()
	ctx, unit := uow.Begin(context.Background())
	ctx = bus.Begin(ctx)
	require.NoError(t, bus.BeforeCommit(ctx))
	require.ErrorIs(t, bus.Publish(ctx, placed{"1"}), eventbus.ErrTooLate)
	require.ErrorIs(t, unit.Doomed(), eventbus.ErrTooLate)
}

func TestATapShowsWhatWasCommittedAndNothingElse(t *testing.T) {
	t.Parallel()
	var tapped []eventbus.Event
	bus := eventbus.New(slog.New(slog.DiscardHandler), eventbus.WithTap(func(e eventbus.Event) { tapped = append(tapped, e) }))
	eventbus.Publishes[placed](bus, "orders")
	eventbus.Publishes[paid](bus, "orders")
	eventbus.Publishes[grown](bus, "feed")
	eventbus.Subscribe(bus, "pay", func(ctx context.Context, e placed) error { return bus.Publish(ctx, paid(e)) })
	bus.Freeze()

	require.ErrorIs(t, do(bus, func(ctx context.Context) error {
		return errors.Join(bus.Publish(ctx, placed{"lost"}), errRefused)
	}), errRefused)
	require.NoError(t, do(bus, func(ctx context.Context) error {
		defer func() { require.Empty(t, tapped, "nothing before the commit") }()
		return errors.Join(bus.Announce(ctx, grown{"ada", 1}), bus.Publish(ctx, placed{"1"}))
	}))
	require.Equal(t, []eventbus.Event{placed{"1"}, paid{"1"}, grown{"ada", 1}}, tapped, "announcements come last")
}
