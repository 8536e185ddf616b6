package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	adapter "fasttrack/adapters/jobs"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/shared/jobs"
	"fasttrack/shared/uow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type water struct{ Plant string }

func (water) Kind() string { return "garden.water" }

type mow struct{ Lawn int }

func (mow) Kind() string { return "garden.mow" }

const patience = 20 * time.Second

func newQueue(t *testing.T, db *database.DB, change ...func(*adapter.Config)) *adapter.Queue {
	t.Helper()
	config := adapter.Config{Retry: 10 * time.Millisecond}
	for _, c := range change {
		c(&config)
	}
	q, err := adapter.New(db, config, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return q
}

// insert inserts all args in one unit of work.
func insert(t *testing.T, db *database.DB, q jobs.Queue, args ...jobs.Args) {
	t.Helper()
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return insertAll(ctx, q, args...) }))
}

func insertAll(ctx context.Context, q jobs.Queue, args ...jobs.Args) error {
	for _, a := range args {
		if err := q.Insert(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// done collects the batches that a handler was given.
type done[A any] struct {
	mu      sync.Mutex
	batches [][]A
}

func (d *done[A]) work(_ context.Context, batch []A) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.batches = append(d.batches, batch)
	return nil
}

func TestRiverFindsItsSchemaValid(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		var result *rivermigrate.ValidateResult
		if db.Dialect() == database.Postgres {
			migrator, err := rivermigrate.New(riverpgxv5.New(db.Pool()), nil)
			require.NoError(t, err)
			result, err = migrator.Validate(t.Context())
			require.NoError(t, err)
		} else {
			migrator, err := rivermigrate.New(riversqlite.New(db.SQL()), nil)
			require.NoError(t, err)
			result, err = migrator.Validate(t.Context())
			require.NoError(t, err)
		}
		require.True(t, result.OK, "%v", result.Messages)
	})
}

func TestWhatOneUnitOfWorkInsertsIsOneJobPerKind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db)
		var watered done[water]
		var mown done[mow]
		jobs.Handle(q, watered.work)
		jobs.Handle(q, mown.work)
		insert(t, db, q, water{"rose"}, mow{1}, water{"ivy"}, water{"rose"})
		insert(t, db, q, water{"fern"})
		require.Len(t, jobstest.List(t, db), 3)
		begin := time.Now()
		jobstest.Run(t, q)
		for _, job := range jobstest.Await(t, db) {
			require.Equal(t, "completed", job.State)
			require.Equal(t, 1, job.Attempt)
		}
		t.Logf("done %s after the start", time.Since(begin))
		require.ElementsMatch(t, [][]water{{{"rose"}, {"ivy"}, {"rose"}}, {{"fern"}}}, watered.batches)
		require.Equal(t, [][]mow{{{1}}}, mown.batches)
	})
}

func TestAJobIsThereIfAndOnlyIfTheUnitOfWorkCommitted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db)
		jobs.Handle(q, new(done[water]).work)
		refused := errors.New("refused")
		require.ErrorIs(t, db.Do(t.Context(), func(ctx context.Context) error {
			require.NoError(t, q.Insert(ctx, water{"rose"}))
			return refused
		}), refused)
		require.Empty(t, jobstest.List(t, db))

		require.ErrorIs(t, q.Insert(t.Context(), water{"rose"}), uow.ErrDone)
		var escaped context.Context
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			escaped = ctx
			return nil
		}))
		require.ErrorIs(t, q.Insert(escaped, water{"rose"}), uow.ErrDone)
		require.ErrorContains(t, db.Do(t.Context(), func(ctx context.Context) error {
			return q.Insert(ctx, mow{1})
		}), "nobody handles garden.mow")
		require.Empty(t, jobstest.List(t, db))

		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { // joined, and committed with a refusal
			return db.Do(ctx, func(ctx context.Context) error { return q.Insert(ctx, water{"rose"}) })
		}))
		require.Len(t, jobstest.List(t, db), 1)
	})
}

func TestWhatFailsIsTriedAgainUntilItIsDone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db, func(c *adapter.Config) { c.Attempts = 3 })
		var tried, failed atomic.Int64
		jobs.Handle(q, func(context.Context, []water) error {
			switch tried.Add(1) {
			case 1:
				return errors.New("no water")
			case 2:
				panic("a hole in the can")
			}
			return nil
		})
		jobs.Handle(q, func(_ context.Context, batch []mow) error {
			failed.Add(1)
			if batch[0].Lawn == 1 {
				return jobs.GiveUp(errors.New("it is a pond"))
			}
			return errors.New("too wet")
		})
		insert(t, db, q, water{"rose"})
		insert(t, db, q, mow{1})
		insert(t, db, q, mow{2})
		jobstest.Run(t, q)
		all := jobstest.Await(t, db)
		require.Equal(t, "completed", all[0].State)
		require.EqualValues(t, 3, tried.Load())
		require.Equal(t, "cancelled", all[1].State, "given up")
		require.Equal(t, "discarded", all[2].State, "tried as often as is allowed")
		require.EqualValues(t, 1+3, failed.Load())
	})
}

func TestAStopWaitsForWhatIsUnderWayAndInterruptsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db, func(c *adapter.Config) { c.StopWithin = 300 * time.Millisecond })
		began, release := make(chan struct{}, 2), make(chan struct{})
		jobs.Handle(q, func(context.Context, []water) error {
			began <- struct{}{}
			<-release
			return nil
		})
		jobs.Handle(q, func(ctx context.Context, _ []mow) error {
			began <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		insert(t, db, q, water{"rose"}, mow{1})
		stop := jobstest.Run(t, q)
		<-began
		<-began
		time.AfterFunc(50*time.Millisecond, func() { close(release) })
		stop()
		all := jobstest.List(t, db)
		states := map[string]string{all[0].Kind: all[0].State, all[1].Kind: all[1].State}
		require.Equal(t, "completed", states["garden.water"])
		require.Contains(t, []string{"available", "retryable"}, states["garden.mow"], "it is left for later")
	})
}

// A node that dies leaves its jobs as running. Another one takes them over once RescueAfter has passed, which it looks
// for twice a minute, so this ends what that search does by hand: it makes the job old, and waits for the first search.
func TestAJobOfADeadNodeIsTakenOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db)
		var watered done[water]
		jobs.Handle(q, watered.work)
		insert(t, db, q, water{"rose"})
		long := "now() - interval '1 hour'"
		if db.Dialect() == database.SQLite {
			long = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hour')"
		}
		_, err := db.SQL().ExecContext(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1,
			attempted_at = `+long)
		require.NoError(t, err)
		jobstest.Run(t, q)
		jobstest.Await(t, db)
		require.Len(t, watered.batches, 1)
	})
}

func TestTwoNodesDoEachJobOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	var one, two done[mow]
	open := func(d *done[mow]) (*database.DB, *adapter.Queue) {
		db := dbtest.Open(t, url)
		q := newQueue(t, db)
		jobs.Handle(q, d.work)
		jobstest.Run(t, q)
		return db, q
	}
	db, q := open(&one)
	open(&two)
	for n := range 50 {
		insert(t, db, q, mow{n})
	}
	jobstest.Await(t, db)
	seen := map[int]bool{}
	for _, batch := range append(one.batches, two.batches...) {
		require.False(t, seen[batch[0].Lawn], "%d was done twice", batch[0].Lawn)
		seen[batch[0].Lawn] = true
	}
	require.Len(t, seen, 50)
}

func TestAJobIsBegunSoonAfterTheCommit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db)
		ran := make(chan time.Time, 1)
		jobs.Handle(q, func(context.Context, []mow) error {
			ran <- time.Now()
			return nil
		})
		jobstest.Run(t, q)
		insert(t, db, q, mow{})
		<-ran
		var took []string
		for range 5 {
			jobstest.Await(t, db)
			begin := time.Now()
			insert(t, db, q, mow{})
			select {
			case at := <-ran:
				took = append(took, at.Sub(begin).Round(time.Millisecond).String())
			case <-time.After(patience):
				t.Fatal("it was not begun")
			}
		}
		t.Logf("from the insertion to the work: %s", strings.Join(took, ", "))
	})
}

func TestAKindHasOneHandler(t *testing.T) {
	t.Parallel()
	q := newQueue(t, dbtest.SQLite(t))
	jobs.Handle(q, new(done[mow]).work)
	require.PanicsWithValue(t, "jobs: two handlers for garden.mow", func() { jobs.Handle(q, new(done[mow]).work) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, newQueue(t, dbtest.SQLite(t)).Run(ctx), "without a kind there is nothing to run")
}
