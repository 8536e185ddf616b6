package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// openAlone opens a program's database with one connection, for [waitUntilAlone].
func openAlone(t *testing.T, url string) *database.DB {
	t.Helper()
	return dbtest.Open(t, url, func(c *database.Config) { c.MaxOpenConns = 1 })
}

// waitUntilAlone waits until the server has ended all other connections to the database: what they were doing is done
// or undone then.
func waitUntilAlone(t *testing.T, db *database.DB) {
	t.Helper()
	if db.Dialect() == database.SQLite {
		return // the locks of a process go with it
	}
	const others = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, db.Conn(t.Context()).Raw(others).Scan(&n).Error)
		return n == 0
	}, harness.Patience, 10*time.Millisecond)
}

// tables lists all tables of the schema, but for those of the migrations.
func tables(t *testing.T, db *database.DB) []string {
	t.Helper()
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`
	if db.Dialect() == database.SQLite {
		list = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	}
	var names []string
	require.NoError(t, db.Conn(t.Context()).Raw(list).Scan(&names).Error)
	require.Contains(t, names, "tasks")
	slices.Sort(names)
	return names
}

// contents returns the rows of a table as text, each with all of its columns.
func contents(t *testing.T, db *database.DB, table string) []string {
	t.Helper()
	rows, err := db.Conn(t.Context()).Raw(`SELECT * FROM "` + table + `"`).Rows()
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var texts []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		var text strings.Builder
		for i, value := range values {
			if raw, ok := value.([]byte); ok {
				value = string(raw)
			}
			fmt.Fprintf(&text, "%s=%v ", columns[i], value)
		}
		texts = append(texts, text.String())
	}
	require.NoError(t, rows.Err())
	return texts
}

// mentioning lists the tables that have a row with the text in any of its columns.
func mentioning(t *testing.T, db *database.DB, text string) []string {
	t.Helper()
	var found []string
	for _, table := range tables(t, db) {
		if slices.ContainsFunc(contents(t, db, table), func(row string) bool { return strings.Contains(row, text) }) {
			found = append(found, table)
		}
	}
	return found
}
