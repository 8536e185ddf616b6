package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fasttrack/adapters/database"
)

var errNoServer = errors.New("PostgreSQL is left out: TEST_DATABASE_URL names no server")

// createDatabase makes an empty database, which drop removes.
func createDatabase(ctx context.Context, dialect database.Dialect, dir string) (address string, drop func() error, err error) {
	if dialect == database.SQLite {
		path := filepath.Join(dir, "load.db")
		return "sqlite://" + path, func() error { return os.Remove(path) }, nil
	}
	server := os.Getenv("TEST_DATABASE_URL")
	if server == "" {
		return "", nil, errNoServer
	}
	name := fmt.Sprintf("fasttrack_load_%d", os.Getpid())
	admin := func(ctx context.Context, statement string) error {
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, statement)
		return err
	}
	if err := admin(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("create a database: %w", err)
	}
	own, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	own.Path = "/" + name
	return own.String(), func() error {
		return admin(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
	}, nil
}

// bulk fills tables quickly.
type bulk struct{ db *database.DB }

func openBulk(address string) (bulk, error) {
	db, err := database.Open(context.Background(), database.Config{URL: address, MaxOpenConns: 2, AcquireTimeout: time.Minute})
	return bulk{db}, err
}

// insert adds rows, which it asks for one after the other, to a table.
func (b bulk) insert(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error {
	if pool := b.db.Pool(); pool != nil {
		_, err := pool.CopyFrom(ctx, pgx.Identifier{table}, columns,
			pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
		return err
	}
	const together = 50
	values := "(" + strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",") + ")"
	statement := func(rows int) string {
		return "INSERT INTO " + table + " (" + strings.Join(columns, ",") + ") VALUES " +
			strings.TrimSuffix(strings.Repeat(values+",", rows), ",")
	}
	return b.inTransaction(ctx, func(tx *sql.Tx) error {
		many, err := tx.PrepareContext(ctx, statement(together))
		if err != nil {
			return err
		}
		defer func() { _ = many.Close() }()
		var args []any
		for i := range n {
			args = append(args, row(i)...)
			switch {
			case len(args) == together*len(columns):
				_, err = many.ExecContext(ctx, args...)
			case i == n-1:
				_, err = tx.ExecContext(ctx, statement(len(args)/len(columns)), args...)
			default:
				continue
			}
			if err != nil {
				return err
			}
			args = args[:0]
		}
		return nil
	})
}

func (b bulk) inTransaction(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := b.db.SQL().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// withoutIndexes carries out fn while the tables have no indexes but those of their constraints: to make an index of
// many rows is much quicker than to add them to it one by one.
func (b bulk) withoutIndexes(ctx context.Context, tables []string, fn func() error) error {
	list := `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1
		AND indexname NOT IN (SELECT conname FROM pg_constraint)`
	if b.db.Dialect() == database.SQLite {
		list = `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?`
	}
	var drop, create []string
	for _, table := range tables {
		names, definitions, err := b.indexes(ctx, list, table)
		if err != nil {
			return err
		}
		drop, create = append(drop, names...), append(create, definitions...)
	}
	if err := b.exec(ctx, drop...); err != nil {
		return err
	}
	return errors.Join(fn(), b.exec(ctx, create...))
}

// indexes returns what drops the indexes of a table, and what makes them again.
func (b bulk) indexes(ctx context.Context, list, table string) (drop, create []string, err error) {
	rows, err := b.db.SQL().QueryContext(ctx, list, table)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, nil, err
		}
		drop, create = append(drop, "DROP INDEX "+name), append(create, definition)
	}
	return drop, create, rows.Err()
}

func (b bulk) exec(ctx context.Context, statements ...string) error {
	if b.db.Dialect() == database.Postgres {
		// Indexes are made by one process: several share memory, of which a container has little.
		statements = append([]string{"SET LOCAL max_parallel_maintenance_workers = 0"}, statements...)
	}
	return b.inTransaction(ctx, func(tx *sql.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
}

// settle has the database take note of what it holds now, as it does by itself in time.
func (b bulk) settle(ctx context.Context) error {
	statements := []string{"VACUUM (ANALYZE, PARALLEL 0)"}
	if b.db.Dialect() == database.SQLite {
		statements = []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
	}
	for _, s := range statements {
		if _, err := b.db.SQL().ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
