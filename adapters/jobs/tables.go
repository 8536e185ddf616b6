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
// seconds. Who stops in order takes that back; where one was killed, or the database was restored from a backup, it waits
// until it is plain that nobody says it again: a quarter of a minute at most.
func IsServed(ctx context.Context, db *database.DB) (bool, error) {
	leads := func() (until string, err error) {
		err = db.Conn(ctx).Raw("SELECT COALESCE(MAX(CAST(expires_at AS TEXT)), '') FROM river_leader" +
			" WHERE expires_at > CURRENT_TIMESTAMP").Scan(&until).Error
		if err != nil {
			return "", fmt.Errorf("look for a leader of the jobs: %w", err)
		}
		return until, nil
	}
	first, err := leads()
	for until := first; err == nil && until != ""; until, err = leads() {
		if until != first {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(askAgain):
		}
	}
	return false, err
}

const askAgain = 200 * time.Millisecond

func count(ctx context.Context, db *database.DB, condition string) (n int64, err error) {
	if err := db.Conn(ctx).Raw("SELECT COUNT(*) FROM river_job WHERE " + condition).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count the jobs: %w", err)
	}
	return n, nil
}
