package database_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// queued has units of work wait in a queue, in the order of the functions, and returns what became of each. They run one
// after the other once all of them wait; those that can share a transaction do.
func queued(t *testing.T, db *database.DB, fns ...func(context.Context) error) []error {
	t.Helper()
	db.ShareFor(time.Hour)
	release := holdAll(t, db, 1)
	outcomes := make([]error, len(fns))
	var units sync.WaitGroup
	for i, fn := range fns {
		waiting := db.Waiting()
		units.Go(func() { outcomes[i] = db.Do(context.Background(), fn) })
		eventually(t, func() bool { return db.Waiting() == waiting+1 })
	}
	release()
	units.Wait()
	return outcomes
}

func TestUnitsThatWaitShareATransactionAndNothingElse(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	createNotes(t, db)
	add := func(title string) func(context.Context) error { return addNote(db, title) }
	refuse := func(ctx context.Context) error { return errors.Join(add("refused")(ctx), errRefused) }
	var seen, durable []string
	look := func(ctx context.Context) error {
		durable = titles(t, db)
		return db.Conn(ctx).Table("notes").Order("created_at, id").Pluck("title", &seen).Error
	}
	outcomes := queued(t, db, refuse, add("a"), refuse, add("b"), look, refuse, add("c"))
	for i, err := range outcomes {
		if i == 0 || i == 2 || i == 5 {
			require.ErrorIs(t, err, errRefused)
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, []string{"a", "b"}, seen, "a unit sees those before it")
	require.Empty(t, durable, "which nobody else sees before all are committed")
	require.Equal(t, []string{"a", "b", "c"}, titles(t, db))
}

func TestAPanicLeavesTheBatchAlone(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	createNotes(t, db)
	fall := func(ctx context.Context) error {
		return errors.Join(addNote(db, "fallen")(ctx), func() (err error) {
			defer func() { err = fmt.Errorf("recovered: %v", recover()) }()
			return db.Do(ctx, func(context.Context) error { panic("boom") })
		}())
	}
	outcomes := queued(t, db, addNote(db, "a"), fall, addNote(db, "b"))
	require.NoError(t, outcomes[0])
	require.Error(t, outcomes[1])
	require.NoError(t, outcomes[2])
	require.Equal(t, []string{"a", "b"}, titles(t, db))
}

// endless writes until it is interrupted.
func endless(db *database.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		return db.Conn(ctx).Exec(`INSERT INTO notes (id, title, created_at, updated_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'x' || i, 'endless', 'x', 'x' FROM n`).Error
	}
}

// SQLite takes the whole transaction back by itself when a statement that writes is interrupted, or the disk is full. The
// units that shared it have lost nothing but time.
func TestABatchThatIsLostIsRunAnew(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t, database.SQLite), func(c *database.Config) {
		c.UnitTimeout, c.AcquireTimeout = time.Second, patience
	})
	createNotes(t, db)
	attempts := map[string]int{}
	counted := func(title string) func(context.Context) error {
		return func(ctx context.Context) error {
			attempts[title]++ // one runs at a time
			return addNote(db, title)(ctx)
		}
	}
	outcomes := queued(t, db, counted("a"), endless(db), counted("b"))
	require.NoError(t, outcomes[0])
	requireUnavailable(t, outcomes[1])
	require.NoError(t, outcomes[2])
	require.ElementsMatch(t, []string{"a", "b"}, titles(t, db))
	require.Equal(t, 2, attempts["a"], "its transaction was lost with that of the one after it")
}

// What a unit does after SQLite has taken the transaction back is done by nobody, even if the unit goes on regardless.
func TestNothingComesAfterALostTransaction(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t, database.SQLite), func(c *database.Config) { c.AcquireTimeout = patience })
	createNotes(t, db)
	regardless := func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		if err := endless(db)(short); err == nil {
			return errors.New("it ended")
		}
		return addNote(db, "ghost")(ctx)
	}
	swallow := func(ctx context.Context) error {
		_ = regardless(ctx)
		return nil
	}
	outcomes := queued(t, db, addNote(db, "a"), regardless, addNote(db, "b"), swallow, addNote(db, "c"))
	require.NoError(t, outcomes[0])
	requireUnavailable(t, outcomes[1])
	require.NoError(t, outcomes[2])
	requireUnavailable(t, outcomes[3])
	require.NoError(t, outcomes[4])
	require.ElementsMatch(t, []string{"a", "b", "c"}, titles(t, db))

	requireUnavailable(t, db.Do(t.Context(), regardless), "in a transaction of its own too")
	requireUnavailable(t, db.Do(t.Context(), swallow))
	require.ElementsMatch(t, []string{"a", "b", "c"}, titles(t, db))
}

// A unit's own error is its answer, however long those take that it shares its transaction with.
func TestAUnitIsNotBlamedForOthers(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t, database.SQLite), func(c *database.Config) {
		c.UnitTimeout, c.AcquireTimeout = time.Second, patience
	})
	createNotes(t, db)
	bug := errors.New("a bug")
	outcomes := queued(t, db, addNote(db, "a"), func(context.Context) error { return bug }, func(ctx context.Context) error {
		<-ctx.Done() // its own time is over, and that of the one before it
		return nil
	})
	require.NoError(t, outcomes[0])
	require.ErrorIs(t, outcomes[1], bug)
	require.NotErrorIs(t, outcomes[1], database.ErrUnavailable)
	require.NoError(t, outcomes[2])
}

// Whoever gives up waiting leaves the queue, also at the moment in which its turn comes.
func TestWhoHangsUpLeavesTheQueue(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	createNotes(t, db)
	var clients errgroup.Group
	for i := range 200 {
		ctx, hangUp := context.WithTimeout(t.Context(), time.Duration(i%20)*time.Millisecond)
		clients.Go(func() error {
			defer hangUp()
			err := db.Do(ctx, addNote(db, "x"))
			if err != nil && !errors.Is(err, database.ErrUnavailable) && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})
	}
	require.NoError(t, clients.Wait())
	require.NoError(t, db.Do(t.Context(), addNote(db, "last")), "the turn was not lost")
	require.Zero(t, db.Waiting())
	requireNoConnectionInUse(t, db)
}

// BenchmarkWriters is what a write costs when many write at once.
func BenchmarkWriters(b *testing.B) {
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		for _, writers := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/%d", dialect, writers), func(b *testing.B) {
				db := dbtest.Open(b, dbtest.URL(b, dialect))
				createNotes(b, db)
				b.SetParallelism(writers)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := db.Do(context.Background(), addNote(db, "x")); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}
