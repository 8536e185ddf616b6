package database_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

type scanned struct {
	ID    ids.ID
	Maybe *ids.ID
	Title string
	Size  int64
	At    time.Time
	DueAt *time.Time
}

func readScanned(r database.Row, s *scanned) error {
	return r.Scan(&s.ID, &s.Maybe, &s.Title, &s.Size, &s.At, &s.DueAt)
}

// What Scan reads is what was written, with and without nulls, inside a unit of work and outside.
func TestScanReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		id, at := "text", "text"
		if db.Dialect() == database.Postgres {
			id, at = "uuid", "timestamptz"
		}
		_, err := db.SQL().ExecContext(t.Context(), `CREATE TABLE scanned (id `+id+` PRIMARY KEY, maybe `+id+`,
			title text NOT NULL, size bigint NOT NULL, at `+at+` NOT NULL, due_at `+at+`)`)
		require.NoError(t, err)
		noon := time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC)
		want := []scanned{
			{ID: ids.New(), Title: "a ? b", Size: 1, At: noon},
			{ID: ids.New(), Maybe: new(ids.New()), Title: "ä", Size: -1 << 40, At: noon.Add(time.Hour), DueAt: &noon},
		}
		all := func(ctx context.Context) []scanned {
			got, err := database.Scan(db.Conn(ctx).Raw(`SELECT id, maybe, title, size, at, due_at FROM scanned
				WHERE id IN (?, ?) AND at >= ? ORDER BY title`, want[0].ID, &want[1].ID, noon), readScanned)
			require.NoError(t, err)
			return got
		}
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			for _, s := range want {
				if err := db.Conn(ctx).Exec(`INSERT INTO scanned VALUES (?, ?, ?, ?, ?, ?)`,
					s.ID, s.Maybe, s.Title, s.Size, s.At, s.DueAt).Error; err != nil {
					return err
				}
			}
			require.Equal(t, want, all(ctx), "in the unit of work, which sees its own rows")
			return nil
		}))
		require.Equal(t, want, all(t.Context()))

		chained, err := database.Scan(db.Conn(t.Context()).Table("scanned").Select("id, maybe, title, size, at, due_at").
			Where("maybe = ?", want[1].Maybe).Order("title").Limit(3), readScanned)
		require.NoError(t, err)
		require.Equal(t, want[1:], chained)

		none, err := database.Scan(db.Conn(t.Context()).Raw(`SELECT id FROM scanned WHERE size = ?`, 7), readScanned)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestScanFailsAsOtherStatementsDo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		number := func(r database.Row, n *int64) error { return r.Scan(n) }
		_, err := database.Scan(db.Conn(t.Context()).Raw(`DELETE FROM tasks RETURNING version`), number)
		require.ErrorIs(t, err, database.ErrWriteOutsideUnit)
		_, err = database.Scan(db.Conn(t.Context()).Raw(`SELECT nothing FROM nowhere`), number)
		require.Error(t, err)
		_, err = database.Scan(db.Conn(t.Context()).Raw(`SELECT 'x'`), func(r database.Row, at *time.Time) error {
			return r.Scan(at)
		})
		require.Error(t, err)

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = database.Scan(db.Conn(gone).Raw(`SELECT 1`), number)
		require.ErrorIs(t, err, context.Canceled)

		var ended *gorm.DB
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			ended = db.Conn(ctx)
			return nil
		}))
		_, err = database.Scan(ended.Raw(`SELECT 1`), number)
		require.ErrorIs(t, err, uow.ErrDone)
	})
}

// Without a connection to be had in time it is the database that is too busy, as for every other statement.
func TestScanWaitsForAConnectionNoLongerThanOthers(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t, database.Postgres), func(c *database.Config) {
		c.MaxOpenConns = 1
	})
	require.NoError(t, db.Do(t.Context(), func(context.Context) error {
		_, err := database.Scan(db.Conn(context.Background()).Raw(`SELECT 1`), func(r database.Row, n *int) error {
			return r.Scan(n)
		})
		require.ErrorIs(t, err, database.ErrUnavailable)
		return nil
	}))
}
