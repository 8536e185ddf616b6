package dbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

// Explain returns the plan of a SELECT as text, one step a line. On PostgreSQL the planner is kept from reading the
// whole table and from sorting, which it rightly does when there is little: the plan shows which index would serve.
func Explain(t testing.TB, db *database.DB, query string, args ...any) string {
	t.Helper()
	var lines []string
	err := db.Do(t.Context(), func(ctx context.Context) error {
		conn := db.Conn(ctx)
		if db.Dialect() == database.SQLite {
			var steps []struct{ Detail string }
			if err := conn.Raw("EXPLAIN QUERY PLAN "+query, args...).Scan(&steps).Error; err != nil {
				return err
			}
			for _, step := range steps {
				lines = append(lines, step.Detail)
			}
			return nil
		}
		for _, way := range []string{"enable_seqscan", "enable_bitmapscan", "enable_sort"} {
			if err := conn.Exec("SET LOCAL " + way + " = off").Error; err != nil {
				return err
			}
		}
		err := conn.Raw("EXPLAIN "+query, args...).Scan(&lines).Error
		if err != nil || !strings.Contains(strings.Join(lines, ""), "Seq Scan") {
			return err
		}
		// Two indexes that are joined by an OR are read by a bitmap alone.
		if err := conn.Exec("SET LOCAL enable_bitmapscan = on").Error; err != nil {
			return err
		}
		lines = nil
		return conn.Raw("EXPLAIN "+query, args...).Scan(&lines).Error
	})
	require.NoError(t, err)
	return strings.Join(lines, "\n")
}
