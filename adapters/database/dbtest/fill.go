package dbtest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

// Rows are rows of one table, by column.
type Rows struct {
	Table string
	Rows  []map[string]any
}

// Fill keeps the rows, table by table, in one unit of work, and has PostgreSQL count them, so that its planner knows
// what there is to choose. SQLite is left as it is in use, when it knows little about its tables.
func Fill(t testing.TB, db *database.DB, tables ...Rows) {
	t.Helper()
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		for _, table := range tables {
			if err := db.Conn(ctx).Table(table.Table).CreateInBatches(table.Rows, 500).Error; err != nil {
				return err
			}
		}
		if db.Dialect() == database.SQLite {
			return nil
		}
		return db.Conn(ctx).Exec("ANALYZE").Error
	}))
}
