package dbtest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

// NoDeadlocks runs the test on a clean PostgreSQL database with a pool of that many connections, and fails it if
// transactions deadlocked: they are tried again and end well, but each costs a second. The database is closed when the
// test returns. Then a deadlock is provoked, to be sure that one would have been noticed.
func NoDeadlocks(t testing.TB, connections int, test func(db *database.DB)) {
	t.Helper()
	url := URL(t, database.Postgres)
	db := Open(t, url, func(c *database.Config) { c.MaxOpenConns = connections })
	test(db)
	// A connection reports what it has counted when it ends.
	require.NoError(t, db.Close())
	after := Open(t, url)
	require.Zero(t, deadlocks(t, after), "transactions deadlocked")
	provokeDeadlock(t, Open(t, url))
	require.Eventually(t, func() bool { return deadlocks(t, after) > 0 }, patience, patience/400,
		"a deadlock would not have been noticed")
}

// deadlocks returns how many deadlocks PostgreSQL has ended in the database, as far as it was told.
func deadlocks(t testing.TB, db *database.DB) (n int64) {
	t.Helper()
	require.NoError(t, db.Conn(t.Context()).
		Raw(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&n).Error)
	return n
}

// provokeDeadlock locks two keys in both orders.
func provokeDeadlock(t testing.TB, db *database.DB) {
	t.Helper()
	var both, group sync.WaitGroup
	both.Add(2)
	meet := []func(){sync.OnceFunc(both.Done), sync.OnceFunc(both.Done)}
	for i := range 2 {
		group.Go(func() {
			_ = db.Do(t.Context(), func(ctx context.Context) error {
				if err := db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(?)`, i).Error; err != nil {
					return err
				}
				meet[i]()
				both.Wait()
				return db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(?)`, 1-i).Error
			})
		})
	}
	group.Wait()
	require.NoError(t, db.Close())
}
