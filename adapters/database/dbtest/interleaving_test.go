package dbtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// lock is a unit of work that takes a lock.
func lock(t testing.TB, db *database.DB, key int) func() error {
	return func() error {
		return db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(?)`, key).Error
		})
	}
}

func TestOneIsHeldAndTheOthersWait(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	i := dbtest.Interleave(t, db)
	for range 3 {
		release := dbtest.Hold(i, lock(t, db, 1))
		require.NoError(t, lock(t, db, 2)(), "only the first is held")
		second := dbtest.Blocked(i, lock(t, db, 1))
		third := dbtest.Blocked(i, lock(t, db, 1))
		require.NoError(t, release())
		require.NoError(t, second())
		require.NoError(t, third())
	}
}

func TestWhatDoesNotInterleaveIsSaid(t *testing.T) {
	t.Parallel()
	refusal := errors.New("refused")
	for name, c := range map[string]struct {
		says string
		test func(i *dbtest.Interleaving, db *database.DB, t testing.TB)
	}{
		"nothing is committed": {"it ended without a commit", func(i *dbtest.Interleaving, db *database.DB, t testing.TB) {
			dbtest.Hold(i, func() error { return db.Do(t.Context(), func(context.Context) error { return refusal }) })
		}},
		"nothing waits": {"it did not wait for a lock", func(i *dbtest.Interleaving, db *database.DB, t testing.TB) {
			dbtest.Hold(i, lock(t, db, 1))
			dbtest.Blocked(i, lock(t, db, 2))
		}},
		"it fails by itself": {"it failed", func(i *dbtest.Interleaving, db *database.DB, t testing.TB) {
			dbtest.Hold(i, func() error {
				require.NoError(t, lock(t, db, 1)())
				t.FailNow()
				return nil
			})()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.Postgres(t)
			require.Contains(t, try(t, func(t testing.TB) { c.test(dbtest.Interleave(t, db), db, t) }), c.says)
		})
	}
}

func TestWhatIsHeldEndsWithAFailingTest(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	ended := make(chan error, 2)
	require.Equal(t, "\tError: of the test", try(t, func(t testing.TB) {
		i := dbtest.Interleave(t, db)
		for _, begin := range []func(*dbtest.Interleaving, func() error) func() error{
			dbtest.Hold[error], dbtest.Blocked[error],
		} {
			begin(i, func() error {
				err := lock(t, db, 1)()
				ended <- err
				return err
			})
		}
		t.Errorf("\tError: of the test")
		t.FailNow()
	}))
	require.Len(t, ended, 2, "both have ended with the test")
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
}

func TestSQLiteHasNoInterleavings(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	require.Contains(t, try(t, func(t testing.TB) { dbtest.Interleave(t, db) }), "only PostgreSQL")
}

func TestADeadlockIsCounted(t *testing.T) {
	t.Parallel()
	dbtest.NoDeadlocks(t, 2, func(db *database.DB) { require.NoError(t, lock(t, db, 1)()) })
}
