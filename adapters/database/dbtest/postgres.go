package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver that pgtestdb uses
	"github.com/peterldowns/pgtestdb"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest/internal/pgserver"
	"fasttrack/migrations"
)

// serverURL returns the address of the server that all tests of this process use.
var serverURL = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return given, nil
	}
	return pgserver.StartChild()
})

// Server returns the address of a PostgreSQL server with the rights to create databases, or skips the test.
func Server(t testing.TB) string {
	t.Helper()
	address, err := serverURL()
	if errors.Is(err, pgserver.ErrNone) && os.Getenv("REQUIRE_POSTGRES") != "1" {
		t.Skipf("POSTGRESQL IS NOT TESTED HERE: %v", err)
	}
	require.NoError(t, err)
	return address
}

// postgresClone clones the migrated template.
func postgresClone(t testing.TB) string {
	return clone(t, schema{})
}

// Empty returns the address of a clean database without any schema, for tests of migrations.
func Empty(t testing.TB, dialect database.Dialect) string {
	t.Helper()
	if dialect == database.SQLite {
		return "sqlite://" + t.TempDir() + "/empty.db"
	}
	return clone(t, pgtestdb.NoopMigrator{})
}

func clone(t testing.TB, migrator pgtestdb.Migrator) string {
	t.Helper()
	server, err := pgx.ParseConfig(Server(t))
	require.NoError(t, err)
	parsed, err := url.Parse(Server(t))
	require.NoError(t, err)
	conf := pgtestdb.Custom(t, pgtestdb.Config{
		DriverName: "pgx", Host: parsed.Hostname(), Port: parsed.Port(),
		User: server.User, Password: server.Password, Database: server.Database, Options: parsed.RawQuery,
		// What a test leaves open must not keep the next run from the name; leaks are looked for by tests of their own.
		ForceTerminateConnections: true,
	}, migrator)
	return conf.URL()
}

// schema migrates pgtestdb's template with the migrations of this binary.
type schema struct{}

func (schema) Hash() (string, error) { return migrations.Hash(database.Postgres) }

func (schema) Migrate(ctx context.Context, _ *sql.DB, conf pgtestdb.Config) error {
	return migrate(ctx, conf.URL())
}

func migrate(ctx context.Context, address string) error {
	db, err := database.Open(ctx, database.Config{URL: address, MaxOpenConns: 2})
	if err != nil {
		return err
	}
	migrator, err := migrations.New(db)
	if err == nil {
		_, err = migrator.Up(ctx)
	}
	return errors.Join(err, db.Close())
}
