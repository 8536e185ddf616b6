package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fasttrack/adapters/database"
)

// IsTable reports whether a table of the database is River's. What is in them has another form on each dialect.
func IsTable(name string) bool { return strings.HasPrefix(name, "river_") }

// Waiting returns how many jobs are still to be done, also those that are under way or wait for another attempt.
func Waiting(ctx context.Context, db *database.DB) (n int64, err error) {
	return count(ctx, db, "state IN ('available', 'pending', 'retryable', 'running', 'scheduled')")
}

// GivenUp returns how many jobs failed so often that nobody tries them again, and have not been removed yet.
func GivenUp(ctx context.Context, db *database.DB) (n int64, err error) {
	return count(ctx, db, "state = 'discarded'")
}

// IsServed reports whether a program works with the database: one of those that run jobs leads, and says so every five
// seconds. Who stops in order says that too; of who was killed it is still said for [LeaderTTL].
func IsServed(ctx context.Context, db *database.DB) (bool, error) {
	n, err := countOf(ctx, db, "river_leader", "expires_at > CURRENT_TIMESTAMP")
	return n > 0, err
}

// LeaderTTL is for how long River's leader counts as alive after the last time it was heard of: its interval and padding.
const LeaderTTL = 15 * time.Second

func count(ctx context.Context, db *database.DB, condition string) (n int64, err error) {
	return countOf(ctx, db, "river_job", condition)
}

func countOf(ctx context.Context, db *database.DB, table, condition string) (n int64, err error) {
	if err := db.Conn(ctx).Raw("SELECT COUNT(*) FROM " + table + " WHERE " + condition).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count the rows of %s: %w", table, err)
	}
	return n, nil
}
