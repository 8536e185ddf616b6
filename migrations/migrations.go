// Package migrations holds the schema: hand-written SQL per dialect, embedded in the binary, applied under a lock.
//
// There is one series of numbers for both dialects and all modules. A number is a pair of files of the same name,
// sqlite/00007_tasks_add_labels.sql and postgres/00007_tasks_add_labels.sql; the name begins with the module that the
// tables belong to, and the comment at the top says so: "-- Module: tasks. …". [Create] writes such a pair.
// Numbers may have gaps; 00011 was never used.
//
// A migration that binaries of the release before cannot run with carries the line "-- breaking" at its top. Any
// other may be ahead of a running binary, so that the nodes of a system can be upgraded one by one; see [State].
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"fasttrack/adapters/database"
)

//go:embed sqlite/*.sql postgres/*.sql
var embedded embed.FS

// Migrator changes the schema of one database.
type Migrator struct {
	db       *database.DB
	provider *goose.Provider // nil when there is no migration at all
	files    []file
}

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string    // of its file, without the directory
	AppliedAt time.Time // zero: pending
}

// New returns the migrator of a database. It opens nothing; closing the database is the caller's.
func New(db *database.DB) (*Migrator, error) {
	return newMigrator(db, embedded)
}

func newMigrator(db *database.DB, source fs.FS) (*Migrator, error) {
	files, err := list(source, db.Dialect())
	if err != nil {
		return nil, err
	}
	m := &Migrator{db: db, files: files}
	dir, err := fs.Sub(source, string(db.Dialect()))
	if err != nil {
		return nil, err
	}
	dialect, locking := goose.DialectSQLite3, goose.WithLocker(fileLock(db.Path()))
	if db.Dialect() == database.Postgres {
		dialect = goose.DialectPostgres
		// Asked for once a second, for five minutes.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, err
		}
		locking = goose.WithSessionLocker(locker)
	}
	m.provider, err = goose.NewProvider(dialect, db.SQL(), dir, locking,
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil && !errors.Is(err, goose.ErrNoMigrations) {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return m, nil
}

// Up applies what is pending and returns what it applied, also when a later one fails. Any number of processes may
// call it at once: one does it.
func (m *Migrator) Up(ctx context.Context) ([]Migration, error) {
	if m.provider == nil {
		return nil, nil
	}
	// A start with nothing to do waits for no lock.
	if s, err := m.Check(ctx); err != nil {
		return nil, err
	} else if len(s.Pending) == 0 {
		return nil, m.keep(ctx)
	}
	results, err := m.provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		err = fmt.Errorf("%s: %w", path.Base(partial.Failed.Source.Path), database.Translate(partial.Err))
		return applied(partial.Applied), errors.Join(fmt.Errorf("migrate up: %w", err), m.keep(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("migrate up: %w", database.Translate(err))
	}
	return applied(results), m.keep(ctx)
}

// Down takes the last n migrations back, newest first, and returns them.
func (m *Migrator) Down(ctx context.Context, n int) ([]Migration, error) {
	var undone []Migration
	for range n {
		if m.provider == nil {
			break
		}
		result, err := m.provider.Down(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			break
		}
		if err != nil {
			return undone, fmt.Errorf("migrate down: %w", database.Translate(err))
		}
		undone = append(undone, applied([]*goose.MigrationResult{result})...)
	}
	return undone, m.keep(ctx)
}

func applied(results []*goose.MigrationResult) []Migration {
	out := make([]Migration, len(results))
	for i, r := range results {
		out[i] = Migration{Version: r.Source.Version, Name: path.Base(r.Source.Path)}
	}
	return out
}

// Latest returns the number of the newest migration in this binary, 0 if there is none.
func (m *Migrator) Latest() int64 {
	if len(m.files) == 0 {
		return 0
	}
	return m.files[len(m.files)-1].version
}

// Status returns every migration of this binary, oldest first, with the time at which it was applied.
func (m *Migrator) Status(ctx context.Context) ([]Migration, error) {
	done, err := m.history(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Migration, len(m.files))
	for i, f := range m.files {
		out[i] = Migration{Version: f.version, Name: f.name, AppliedAt: done[f.version]}
	}
	return out, nil
}

// Current returns the number of the newest migration that the database has, 0 if it has none.
func (m *Migrator) Current(ctx context.Context) (int64, error) {
	done, err := m.history(ctx)
	if err != nil {
		return 0, err
	}
	var current int64
	for version := range done {
		current = max(current, version)
	}
	return current, nil
}

// history returns when each migration was applied. It only reads, so that probes can call it on any database.
func (m *Migrator) history(ctx context.Context) (map[int64]time.Time, error) {
	exists, err := m.tableExists(ctx, goose.DefaultTablename)
	if err != nil || !exists {
		return nil, err
	}
	var rows []struct {
		VersionID int64
		Tstamp    time.Time
	}
	err = m.db.Conn(ctx).Raw("SELECT version_id, tstamp FROM " + goose.DefaultTablename +
		" WHERE version_id > 0 AND is_applied ORDER BY id").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the migrations that were applied: %w", err)
	}
	done := make(map[int64]time.Time, len(rows))
	for _, row := range rows {
		done[row.VersionID] = row.Tstamp.UTC()
	}
	return done, nil
}

func (m *Migrator) tableExists(ctx context.Context, name string) (bool, error) {
	query := "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)"
	if m.db.Dialect() == database.Postgres {
		query = "SELECT to_regclass(?) IS NOT NULL"
	}
	var exists bool
	if err := m.db.Conn(ctx).Raw(query, name).Scan(&exists).Error; err != nil {
		return false, fmt.Errorf("look for the table %s: %w", name, err)
	}
	return exists, nil
}

// Hash identifies what Up makes of an empty database of a dialect, so that templates can be kept under it.
func Hash(dialect database.Dialect) (string, error) {
	files, err := list(embedded, dialect)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, createStateTable, sqliteDump, postgresDump)
	for _, f := range files {
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", f.name, len(f.text), f.text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func pending(all []Migration) []Migration {
	return slices.DeleteFunc(slices.Clone(all), func(m Migration) bool { return !m.AppliedAt.IsZero() })
}
