package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/ids"
)

func TestRowsAreInsertedAndUpdated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		kinds := map[database.Dialect]string{
			database.SQLite:   "(a_hash BLOB, id TEXT PRIMARY KEY, other_id TEXT, at TEXT, n INTEGER, title TEXT)",
			database.Postgres: "(a_hash bytea, id uuid PRIMARY KEY, other_id uuid, at timestamptz, n bigint, title text)",
		}
		_, err := db.SQL().ExecContext(t.Context(), "CREATE TABLE things "+kinds[db.Dialect()])
		require.NoError(t, err)

		first, second := ids.New(), ids.New()
		at := time.Date(2026, 11, 27, 12, 0, 0, 1000, time.UTC)
		do := func(fn func(*gorm.DB) *gorm.DB) (rows int64, err error) {
			err = db.Do(t.Context(), func(ctx context.Context) error {
				q := fn(db.Conn(ctx))
				rows = q.RowsAffected
				return q.Error
			})
			return rows, err
		}
		insert := func(row map[string]any) error {
			_, err := do(func(conn *gorm.DB) *gorm.DB { return database.Insert(conn, "things", row) })
			return err
		}
		// Bytes come first, where GORM by itself would make a list of numbers of them.
		require.NoError(t, insert(map[string]any{
			"a_hash": []byte{1, 2}, "id": first, "other_id": &second, "at": at, "n": int64(7), "title": "What? Why?",
		}))
		require.NoError(t, insert(map[string]any{"id": second, "other_id": (*ids.ID)(nil)}))
		require.True(t, errors.Is(insert(map[string]any{"id": first}), gorm.ErrDuplicatedKey))

		rows, err := do(func(conn *gorm.DB) *gorm.DB {
			return database.Update(conn, "things", map[string]any{"n": 8, "title": "Where?"}, "id = ? AND n = ?", first, 7)
		})
		require.NoError(t, err)
		require.EqualValues(t, 1, rows)
		rows, err = do(func(conn *gorm.DB) *gorm.DB {
			return database.Update(conn, "things", map[string]any{"n": 9}, "id = ? AND n = ?", first, 7)
		})
		require.NoError(t, err)
		require.Zero(t, rows)

		type thing struct {
			hash    []byte
			id      ids.ID
			otherID *ids.ID
			at      *time.Time
			n       *int64
			title   *string
		}
		found, err := database.Scan(db.Conn(t.Context()).Raw("SELECT a_hash, id, other_id, at, n, title FROM things ORDER BY n"),
			func(r database.Row, t *thing) error { return r.Scan(&t.hash, &t.id, &t.otherID, &t.at, &t.n, &t.title) })
		require.NoError(t, err)
		if db.Dialect() == database.SQLite {
			found[0], found[1] = found[1], found[0] // where NULL comes first
		}
		require.Equal(t, []thing{{[]byte{1, 2}, first, &second, &at, new(int64(8)), new("Where?")}, {id: second}}, found)
	})
}
