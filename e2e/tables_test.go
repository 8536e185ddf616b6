package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

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
