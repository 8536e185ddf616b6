package dbtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// Interleaving puts two transactions into the order that a test is about. One is held just before its commit, the
// other runs into a lock of it:
//
//	i := dbtest.Interleave(t, db)
//	release := dbtest.Hold(i, func() error { return archive(project) })
//	answer := dbtest.Blocked(i, func() *httpservertest.Answer { return ann.Post(…) })
//	require.NoError(t, release())
//	answer().RequireProblem(409, "project_archived")
//
// When the test fails in between, what is held goes on by itself and is waited for, so that closing the database does
// not hang. An Interleaving is used by the goroutine of its test.
type Interleaving struct {
	t       testing.TB
	db      *database.DB
	armed   chan chan struct{} // what the next unit of work that is about to commit is to wait for
	arrived chan struct{}      // it is there
	running sync.WaitGroup
}

// Interleave returns an Interleaving of the database, which must be PostgreSQL: SQLite has no two transactions that
// write at once. It comes before the first unit of work, and after everything else that takes part in them.
func Interleave(t testing.TB, db *database.DB) *Interleaving {
	t.Helper()
	require.Equal(t, database.Postgres, db.Dialect(), "only PostgreSQL has transactions that write at once")
	i := &Interleaving{t: t, db: db, armed: make(chan chan struct{}, 1), arrived: make(chan struct{}, 1)}
	db.Use(gate{i})
	t.Cleanup(i.wait)
	return i
}

// Hold runs fn beside the test and returns once a unit of work stands where it has done everything but commit, or at
// [Interleaving.Pause]: the first to get there, so nothing else may commit meanwhile. release lets it go on and returns
// what fn returned.
func Hold[T any](i *Interleaving, fn func() T) (release func() T) {
	i.t.Helper()
	barrier := make(chan struct{})
	open := sync.OnceFunc(func() { close(barrier) })
	i.t.Cleanup(open)
	i.armed <- barrier
	result := begin(i, fn)
	select {
	case <-i.arrived:
	case came := <-result:
		require.FailNow(i.t, "it ended without a commit", "%v", came)
	case <-time.After(patience):
		require.FailNow(i.t, "it neither commits nor ends")
	}
	return func() T {
		i.t.Helper()
		open()
		return await(i, result)
	}
}

// Blocked runs fn beside the test and returns once it waits for a lock; it fails the test if fn ends instead. finish
// waits for what fn returns.
func Blocked[T any](i *Interleaving, fn func() T) (finish func() T) {
	i.t.Helper()
	before := i.waiting()
	result := begin(i, fn)
	deadline, tick := time.After(patience), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case came := <-result:
			require.FailNow(i.t, "it did not wait for a lock", "%v", came)
		case <-deadline:
			require.FailNow(i.t, "it neither waits for a lock nor ends")
		case <-tick.C:
		}
		if slices.ContainsFunc(i.waiting(), func(pid int) bool { return !slices.Contains(before, pid) }) {
			return func() T {
				i.t.Helper()
				return await(i, result)
			}
		}
	}
}

// Pause is where [Hold] holds a unit of work that comes by before its commit. A handler of an event may call it.
func (i *Interleaving) Pause() {
	select {
	case barrier := <-i.armed:
		i.arrived <- struct{}{}
		<-barrier
	default:
	}
}

// waiting returns the connections of the database that wait for a lock.
func (i *Interleaving) waiting() (pids []int) {
	i.t.Helper()
	require.NoError(i.t, i.db.Conn(i.t.Context()).Raw(`SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&pids).Error)
	return pids
}

// begin runs fn. The result has no value if fn ended its goroutine, as a failed requirement in it does.
func begin[T any](i *Interleaving, fn func() T) <-chan T {
	result := make(chan T, 1)
	i.running.Go(func() {
		defer close(result)
		result <- fn()
	})
	return result
}

func await[T any](i *Interleaving, result <-chan T) T {
	i.t.Helper()
	select {
	case came, ok := <-result:
		require.True(i.t, ok, "it failed")
		return came
	case <-time.After(patience):
		require.FailNow(i.t, "it does not end")
		panic("unreachable")
	}
}

// wait waits for everything that was begun; the cleanups of [Hold] have let go of it by then.
func (i *Interleaving) wait() {
	ended := make(chan struct{})
	go func() {
		i.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		i.t.Error("what was begun does not end")
	}
}

// gate takes part in every unit of work, as the last.
type gate struct{ *Interleaving }

// Begin implements uow.Participant.
func (gate) Begin(ctx context.Context) context.Context { return ctx }

// BeforeCommit implements uow.Participant.
func (g gate) BeforeCommit(context.Context) error {
	g.Pause()
	return nil
}

// AfterCommit implements uow.Participant.
func (gate) AfterCommit(context.Context) {}
