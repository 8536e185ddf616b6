// Package dbtest gives tests clean, migrated databases of both dialects.
//
// A test of storage runs on both:
//
//	dbtest.Each(t, func(t *testing.T, db *database.DB) { … })
//
// PostgreSQL comes, in this order, from TEST_DATABASE_URL (a server where databases may be created), from Docker
// (image POSTGRES_IMAGE, postgres:17-alpine by default), or from the programs initdb and postgres on this machine.
// Where there is none of them the test is skipped and says so; REQUIRE_POSTGRES=1 makes that a failure, and
// REQUIRE_DOCKER=1 makes it a failure when Docker is missing. TEST_POSTGRES=docker, local or none narrows the choice.
// `make test` starts one server for all packages; see the command pgserver.
//
// Every test has a database of its own: on PostgreSQL a clone of a migrated template, made by pgtestdb; on SQLite a
// copy of a migrated file.
package dbtest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

// poolSize is small, so that many tests can run at once and a leak of connections shows.
const poolSize = 4

// Each runs the test once per dialect, in parallel, on a clean migrated database.
func Each(t *testing.T, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// SQLite returns a clean migrated database that is closed when the test ends.
func SQLite(t testing.TB) *database.DB {
	t.Helper()
	return Open(t, URL(t, database.SQLite))
}

// Postgres returns a clean migrated database that is closed when the test ends.
func Postgres(t testing.TB) *database.DB {
	t.Helper()
	return Open(t, URL(t, database.Postgres))
}

// URL returns the address of a clean migrated database for a test that opens it itself. It is removed when the test
// ends; whatever has opened it must be closed by then (what is registered with t.Cleanup later runs earlier).
func URL(t testing.TB, dialect database.Dialect) string {
	t.Helper()
	if dialect == database.SQLite {
		return sqliteCopy(t)
	}
	return postgresClone(t)
}

// Open opens the database with a small pool and closes it when the test ends. The options change the configuration.
func Open(t testing.TB, url string, options ...func(*database.Config)) *database.DB {
	t.Helper()
	config := database.Config{URL: url, MaxOpenConns: poolSize, MinIdleConns: -1, Log: slog.New(slog.DiscardHandler)}
	for _, option := range options {
		option(&config)
	}
	db, err := database.Open(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
