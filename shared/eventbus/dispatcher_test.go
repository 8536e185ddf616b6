package eventbus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/shared/eventbus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// highest keeps the greater sequence number: commits may arrive in either order.
func highest(a, b grown) grown {
	if a.Seq > b.Seq {
		return a
	}
	return b
}

func byUser(e grown) string { return e.User }

func announce(t testing.TB, bus *eventbus.Bus, e grown) {
	t.Helper()
	require.NoError(t, do(bus, func(ctx context.Context) error { return bus.Announce(ctx, e) }))
}

func TestWhatWaitsForOneKeyIsMergedInEitherOrder(t *testing.T) {
	t.Parallel()
	for _, arrival := range [][]int{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}} {
		var happened journal
		bus := newBus(1, io.Discard)
		eventbus.AfterCommit(bus, "hub.hint", byUser, highest, func(_ context.Context, e grown) error {
			happened.add(fmt.Sprint(e))
			return nil
		})
		bus.Freeze()
		announce(t, bus, grown{"bob", 9})
		for _, seq := range arrival {
			announce(t, bus, grown{"ada", seq})
		}
		require.Equal(t, 2, bus.Waiting())
		drain(t, bus)
		require.Equal(t, []string{"{bob 9}", "{ada 3}"}, happened.all(), "arrived as %v; oldest key first", arrival)
	}
}

func TestMergeIsToldWhichOneIsOlder(t *testing.T) {
	t.Parallel()
	var happened journal
	bus := newBus(1, io.Discard)
	eventbus.AfterCommit(bus, "hub.hint", byUser, func(older, newer grown) grown {
		happened.add(fmt.Sprint(older.Seq, " before ", newer.Seq))
		return newer
	}, ignore[grown])
	bus.Freeze()
	announce(t, bus, grown{"ada", 5})
	announce(t, bus, grown{"ada", 4})
	require.Equal(t, []string{"5 before 4"}, happened.all())
	drain(t, bus)
}

func TestTwoHandlersOfOneKeyAreTwoDeliveries(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	var hub, nodes atomic.Int64
	eventbus.AfterCommit(bus, "hub.hint", byUser, highest, func(context.Context, grown) error { hub.Add(1); return nil })
	eventbus.AfterCommit(bus, "nodes.hint", byUser, highest, func(context.Context, grown) error { nodes.Add(1); return nil })
	bus.Freeze()
	announce(t, bus, grown{"ada", 1})
	require.Equal(t, 2, bus.Waiting())
	drain(t, bus)
	require.Equal(t, []int64{1, 1}, []int64{hub.Load(), nodes.Load()})
}

func TestWhatWaitsNeverGrowsBeyondItsKeys(t *testing.T) {
	t.Parallel()
	const puts, keys = 100_000, 10
	bus := newBus(1, io.Discard)
	last := map[string]int{}
	eventbus.AfterCommit(bus, "hub.hint", byUser, highest, func(_ context.Context, e grown) error {
		last[e.User] = e.Seq
		return nil
	})
	bus.Freeze()
	for i := range puts {
		announce(t, bus, grown{fmt.Sprint("user ", i%keys), i})
		if i%1_000 == 0 {
			require.LessOrEqual(t, bus.Waiting(), keys)
		}
	}
	require.Equal(t, keys, bus.Waiting())
	drain(t, bus)
	require.Len(t, last, keys)
	for key, seq := range last {
		require.GreaterOrEqual(t, seq, puts-keys, key)
	}
}

// TestAFailingHandlerIsLoggedCountedAndInNobodysWay holds for errors and panics.
func TestAFailingHandlerIsLoggedCountedAndInNobodysWay(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var delivered atomic.Int64
	bus := newBus(1, &log)
	eventbus.AfterCommit(bus, "a.panics", byUser, highest, func(context.Context, grown) error { panic("a bug") })
	eventbus.AfterCommit(bus, "b.fails", byUser, highest, func(context.Context, grown) error { return errors.New("away") })
	eventbus.AfterCommit(bus, "c.works", byUser, highest, func(context.Context, grown) error { delivered.Add(1); return nil })
	bus.Freeze()
	announce(t, bus, grown{"ada", 1})
	announce(t, bus, grown{"bob", 1})
	drain(t, bus)
	require.Equal(t, int64(2), delivered.Load())
	require.Equal(t, int64(4), bus.Failed())
	for _, said := range []string{"a.panics", "a bug", "dispatcher_test.go", "b.fails", "away", "feed.grown"} {
		require.Contains(t, log.String(), said)
	}
}

// TestAPanicOfKeyOrMergeHarmsNobody holds because these run on the goroutine of a request that has committed.
func TestAPanicOfKeyOrMergeHarmsNobody(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var delivered atomic.Int64
	count := func(context.Context, grown) error { delivered.Add(1); return nil }
	bus := newBus(1, &log)
	eventbus.AfterCommit(bus, "a.key", func(grown) string { panic("bad key") }, highest, count)
	eventbus.AfterCommit(bus, "b.merge", byUser, func(_, _ grown) grown { panic("bad merge") }, count)
	eventbus.AfterCommit(bus, "c.works", byUser, highest, count)
	bus.Freeze()
	announce(t, bus, grown{"ada", 1})
	announce(t, bus, grown{"ada", 2})
	drain(t, bus)
	require.Equal(t, int64(2), delivered.Load(), "b.merge has kept its older one, c.works has merged")
	require.Equal(t, int64(3), bus.Failed())
	require.Contains(t, log.String(), "bad key")
	require.Contains(t, log.String(), "bad merge")
}

// TestStopDeliversWhatStillWaits holds however the stop and the last wake-up meet.
func TestStopDeliversWhatStillWaits(t *testing.T) {
	t.Parallel()
	for range 100 {
		delivered := 0
		bus := newBus(1, io.Discard)
		eventbus.AfterCommit(bus, "hub.hint", byUser, highest, func(ctx context.Context, _ grown) error {
			delivered++
			return ctx.Err() // a handler that is still to deliver must be able to
		})
		bus.Freeze()
		announce(t, bus, grown{"ada", 1})
		announce(t, bus, grown{"bob", 1})
		drain(t, bus)
		require.Equal(t, 2, delivered)
		require.Zero(t, bus.Failed())
	}
}

func TestWhatIsPutDuringADeliveryIsDeliveredToo(t *testing.T) {
	t.Parallel()
	bus := newBus(1, io.Discard)
	started, release, second := make(chan struct{}), make(chan struct{}), make(chan grown, 1)
	eventbus.AfterCommit(bus, "hub.hint", byUser, highest, func(_ context.Context, e grown) error {
		if e.Seq == 1 {
			close(started)
			<-release
		} else {
			second <- e
		}
		return nil
	})
	bus.Freeze()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- bus.Run(ctx) }()

	announce(t, bus, grown{"ada", 1})
	within(t, started)
	for seq := range 10 {
		announce(t, bus, grown{"ada", 2 + seq}) // never blocks, although the handler does
	}
	require.Equal(t, 1, bus.Waiting())
	close(release)
	require.Equal(t, grown{"ada", 11}, within(t, second))
	cancel()
	require.NoError(t, within(t, stopped))
}

// TestRunBesidePublishers holds that nothing is lost and nothing is delivered backwards while many commit at once.
func TestRunBesidePublishers(t *testing.T) {
	t.Parallel()
	const publishers, each = 8, 500
	bus := newBus(1, io.Discard)
	last := map[string]int{}
	eventbus.Subscribe(bus, "copy", ignore[placed])
	eventbus.Subscribe(bus, "other copy", ignore[placed])
	eventbus.AfterCommit(bus, "hub.hint", byUser, highest, func(_ context.Context, e grown) error {
		if e.Seq <= last[e.User] {
			return fmt.Errorf("%v after %d", e, last[e.User])
		}
		last[e.User] = e.Seq
		return nil
	})
	bus.Freeze()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- bus.Run(ctx) }()

	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for seq := range each {
				_ = do(bus, func(ctx context.Context) error {
					return errors.Join(bus.Publish(ctx, placed{"x"}), bus.Announce(ctx, grown{fmt.Sprint(p), seq + 1}))
				})
			}
		})
	}
	wg.Wait()
	cancel()
	require.NoError(t, within(t, stopped))
	require.Zero(t, bus.Failed())
	require.Len(t, last, publishers)
	for p, seq := range last {
		require.Equal(t, each, seq, "publisher %s", p)
	}
}
