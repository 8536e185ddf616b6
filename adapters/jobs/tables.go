package jobs

import (
	"context"
	"fmt"
	"strings"

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

func count(ctx context.Context, db *database.DB, condition string) (n int64, err error) {
	if err := db.Conn(ctx).Raw("SELECT COUNT(*) FROM river_job WHERE " + condition).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count the jobs: %w", err)
	}
	return n, nil
}
