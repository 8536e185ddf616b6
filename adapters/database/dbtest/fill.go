package dbtest

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"fasttrack/adapters/database"
)

// Rows are rows of one table, by column.
type Rows struct {
	Table string
	Rows  []map[string]any
}

// Fill keeps the rows, table by table, and has PostgreSQL count them, so that its planner knows what there is to choose.
// SQLite is left as it is in use, when it knows little about its tables.
func Fill(t testing.TB, db *database.DB, tables ...Rows) {
	t.Helper()
	do := func(fn func(conn *gorm.DB) *gorm.DB) {
		t.Helper()
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return fn(db.Conn(ctx)).Error }))
	}
	for _, table := range tables {
		// A unit of work has a time limit, which many rows would exceed under the race detector.
		for some := range slices.Chunk(table.Rows, 500) {
			do(func(conn *gorm.DB) *gorm.DB { return conn.Table(table.Table).CreateInBatches(some, 100) })
		}
	}
	if db.Dialect() == database.Postgres {
		do(func(conn *gorm.DB) *gorm.DB { return conn.Exec("ANALYZE") })
	}
}
