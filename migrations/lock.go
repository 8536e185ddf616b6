package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// fileLocker keeps other processes from migrating the same SQLite file: SQLite's own lock is not held from the look
// at what is pending to the last migration.
type fileLocker struct {
	path string
	mu   sync.Mutex
	held *flock.Flock
}

func fileLock(databasePath string) *fileLocker {
	return &fileLocker{path: databasePath + ".migrate.lock"}
}

// Lock waits for the lock until ctx ends. goose calls Lock and Unlock one after the other.
func (l *fileLocker) Lock(ctx context.Context, _ *sql.DB) error {
	file := flock.New(l.path)
	if _, err := file.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("wait for another migration to end: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = file
	return nil
}

// Unlock lets the next one in. The file stays: removing it could leave two processes with locks on different files.
func (l *fileLocker) Unlock(context.Context, *sql.DB) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held.Close()
}
