package eventbus_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/eventbus"
	"fasttrack/shared/uow"
)

// The events of these tests. Each carries a text to tell one from another.
type (
	placed  struct{ ID string }
	paid    struct{ ID string }
	shipped struct{ ID string }
	unheard struct{ ID string }
	grown   struct {
		User string
		Seq  int
	}
)

func (placed) EventName() string  { return "orders.placed" }
func (paid) EventName() string    { return "orders.paid" }
func (shipped) EventName() string { return "orders.shipped" }
func (unheard) EventName() string { return "orders.unheard" }
func (grown) EventName() string   { return "feed.grown" }

// newBus returns a bus on which everything but unheard has a publisher. Its handlers run in the order of the seed.
func newBus(seed uint64, log io.Writer) *eventbus.Bus {
	bus := eventbus.New(slog.New(slog.NewTextHandler(log, nil)), eventbus.WithShuffle(rand.New(rand.NewPCG(seed, seed))))
	eventbus.Publishes[placed](bus, "orders")
	eventbus.Publishes[paid](bus, "orders")
	eventbus.Publishes[shipped](bus, "orders")
	eventbus.Publishes[grown](bus, "feed")
	return bus
}

// errSerialization is what a database says when the attempt is to be repeated.
var errSerialization = errors.New("could not serialize access")

// units drives participants through units of work in the order that uow documents, over a database that holds nothing.
type units struct {
	participant uow.Participant
	failCommits int // how many commits fail with errSerialization
	moments     func(string)
}

func (u *units) Do(ctx context.Context, fn func(context.Context) error) error {
	for {
		err := u.attempt(ctx, fn)
		if !errors.Is(err, errSerialization) {
			return err
		}
	}
}

func (u *units) attempt(ctx context.Context, fn func(context.Context) error) error {
	ctx, unit := uow.Begin(ctx)
	defer unit.Abandon()
	ctx = u.participant.Begin(ctx)
	if err := fn(ctx); err != nil {
		return err
	}
	if err := unit.Doomed(); err != nil {
		return err
	}
	if err := u.participant.BeforeCommit(ctx); err != nil {
		return err
	}
	if u.failCommits > 0 {
		u.failCommits--
		return errSerialization
	}
	u.moment("commit")
	u.participant.AfterCommit(ctx)
	return unit.Committed()
}

func (u *units) moment(name string) {
	if u.moments != nil {
		u.moments(name)
	}
}

// do runs one unit of work on the bus.
func do(bus *eventbus.Bus, fn func(context.Context) error) error {
	return (&units{participant: bus}).Do(context.Background(), fn)
}

// journal is what happened, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string(nil), j.lines...)
}

// drain delivers what waits for after the commit, and returns when that is done.
func drain(t *testing.T, bus *eventbus.Bus) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, bus.Run(ctx))
	require.Zero(t, bus.Waiting())
}

// within fails the test when the channel stays silent.
func within[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing happened in 10 s")
		panic("unreachable")
	}
}
