package database_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

func TestWritingOutsideAUnitIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		require.NoError(t, db.Do(t.Context(), addNote(db, "a")))
		conn := func() *gorm.DB { return db.Conn(t.Context()) }
		row := noteRow{ID: ids.New(), Title: "b", CreatedAt: clock.System(), UpdatedAt: clock.System()}
		var none []string
		for what, err := range map[string]error{
			"create":           conn().Create(&row).Error,
			"update":           conn().Model(&noteRow{}).Where("title = ?", "a").Update("title", "b").Error,
			"delete":           conn().Delete(&noteRow{}, "title = ?", "a").Error,
			"exec":             conn().Exec("DELETE FROM notes").Error,
			"raw":              conn().Raw("DELETE FROM notes RETURNING title").Scan(&none).Error,
			"raw, indented":    conn().Raw("\n\tUPDATE notes SET title = 'b' RETURNING title").Scan(&none).Error,
			"with":             conn().Raw("WITH w AS (SELECT 1) DELETE FROM notes RETURNING title").Scan(&none).Error,
			"row":              conn().Raw("DELETE FROM notes RETURNING title").Row().Scan(new(string)),
			"a transaction":    conn().Begin().Error,
			"transaction func": conn().Transaction(func(tx *gorm.DB) error { return tx.Exec("DELETE FROM notes").Error }),
		} {
			require.Error(t, err, what)
			require.Equal(t, errs.Internal, errs.KindOf(err), "%s: a mistake of ours, and loud: %v", what, err)
		}
		require.ErrorIs(t, conn().Create(&row).Error, database.ErrWriteOutsideUnit)
		require.Equal(t, []string{"a"}, titles(t, db))
	})
}

// SQLite's readers refuse by themselves as well, whatever a statement looks like.
func TestSQLitesReadersCannotWrite(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	createNotes(t, db)
	var mode int
	require.NoError(t, db.Conn(t.Context()).Raw("SELECT query_only FROM pragma_query_only").Scan(&mode).Error)
	require.Equal(t, 1, mode)
}

func TestSQLiteIsSetUpSafely(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "2000",
			"temp_store": "2",
		} {
			var got string
			if err := db.Conn(ctx).Raw("PRAGMA " + pragma).Scan(&got).Error; err != nil {
				return err
			}
			require.Equal(t, want, got, pragma)
		}
		return nil
	}))
	var foreignKeys int
	require.NoError(t, db.Conn(t.Context()).Raw("SELECT foreign_keys FROM pragma_foreign_keys").Scan(&foreignKeys).Error)
	require.Equal(t, 1, foreignKeys)
}

func TestAUnitReadsItsOwnWritesAndGormCannotEndIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		require.ErrorIs(t, db.Do(t.Context(), func(ctx context.Context) error {
			require.NoError(t, addNote(db, "a")(ctx))
			var found []string
			require.NoError(t, db.Conn(ctx).Table("notes").Pluck("title", &found).Error)
			require.Equal(t, []string{"a"}, found)
			require.Empty(t, titles(t, db), "nobody else does yet")
			require.Error(t, db.Conn(ctx).Commit().Error)
			require.Error(t, db.Conn(ctx).Begin().Error)
			tx, err := db.Tx(ctx)
			require.NoError(t, err)
			var n int
			require.NoError(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM notes").Scan(&n))
			require.Equal(t, 1, n)
			return errRefused
		}), errRefused)
		require.Empty(t, titles(t, db))
	})
}

func TestErrorsMeanTheSameOnBothDialects(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		id, now := ids.New(), clock.System()
		insert := func(id ids.ID, title string, parent *ids.ID) error {
			return db.Do(t.Context(), func(ctx context.Context) error {
				return db.Conn(ctx).Exec("INSERT INTO notes (id, title, parent_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
					id, title, parent, now, now).Error
			})
		}
		require.NoError(t, insert(id, "a", nil))
		require.ErrorIs(t, insert(id, "a", nil), gorm.ErrDuplicatedKey)
		require.ErrorIs(t, insert(ids.New(), "a", new(ids.New())), gorm.ErrForeignKeyViolated)
		require.ErrorIs(t, insert(ids.New(), "", nil), gorm.ErrCheckConstraintViolated)
		require.NoError(t, insert(ids.New(), "child", &id))
		require.ErrorIs(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Delete(&noteRow{}, "id = ?", id).Error
		}), gorm.ErrForeignKeyViolated)
		require.ErrorIs(t, db.Conn(t.Context()).Take(&noteRow{}, "id = ?", ids.New()).Error, gorm.ErrRecordNotFound)
		require.ErrorIs(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Create(&noteRow{ID: id, Title: "a", CreatedAt: now, UpdatedAt: now}).Error
		}), gorm.ErrDuplicatedKey)
		err := db.Conn(t.Context()).Raw("SELECT nothing FROM nowhere").Scan(new(int)).Error
		require.Error(t, err)
		require.Equal(t, errs.Internal, errs.KindOf(err), "a mistake is not an outage")
	})
}

func TestAnExpectedConflictIsSeenByTheRowsAffected(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		row := noteRow{ID: ids.New(), Title: "a", Version: 1, CreatedAt: clock.System(), UpdatedAt: clock.System()}
		for _, want := range []int64{1, 0} {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				result := db.Conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
				require.Equal(t, want, result.RowsAffected)
				return result.Error
			}))
		}
	})
}

// Whatever zone and precision a time comes with, and however it is bound and read, it is kept as UTC at microseconds.
func TestTimesAreUTCAtMicroseconds(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 3, 29, 2, 30, 0, 123456789, time.FixedZone("", 2*3600))
	want := time.Date(2026, 3, 29, 0, 30, 0, 123456000, time.UTC)
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		id := ids.New()
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			if err := db.Conn(ctx).Create(&noteRow{
				ID: id, Title: "model", DueAt: &moment, CreatedAt: moment, UpdatedAt: moment,
			}).Error; err != nil {
				return err
			}
			return db.Conn(ctx).Exec("INSERT INTO notes (id, title, due_at, created_at, updated_at) VALUES (?, 'raw', ?, ?, ?)",
				ids.New(), sql.NullTime{Time: moment, Valid: true}, moment, &moment).Error
		}))
		var rows []noteRow
		require.NoError(t, db.Conn(t.Context()).Find(&rows).Error)
		require.Len(t, rows, 2)
		for _, row := range rows {
			require.Equal(t, []time.Time{want, want, want}, []time.Time{row.CreatedAt, row.UpdatedAt, *row.DueAt}, row.Title)
		}
		var latest struct{ LastAt time.Time }
		require.NoError(t, db.Conn(t.Context()).Raw("SELECT MAX(created_at) AS last_at FROM notes").Scan(&latest).Error)
		require.Equal(t, want, latest.LastAt, "an expression")
		var n int64
		require.NoError(t, db.Conn(t.Context()).Table("notes").Where("created_at = ?", moment.Truncate(time.Microsecond)).
			Where("due_at < ?", moment.Add(time.Microsecond)).Count(&n).Error)
		require.EqualValues(t, 2, n, "bound to a condition")
		var model noteRow
		require.NoError(t, db.Conn(t.Context()).Take(&model, "id = ?", id).Error)
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Model(&noteRow{}).Where("id = ?", id).Updates(map[string]any{
				"due_at": nil, "updated_at": moment.Add(time.Hour),
			}).Error
		}))
		model.DueAt, model.UpdatedAt = nil, want.Add(time.Hour)
		var updated noteRow
		require.NoError(t, db.Conn(t.Context()).Take(&updated, "id = ?", id).Error)
		require.Equal(t, model, updated)
	})
}

// Only columns that are named as times are read as times: a title stays the text that it is.
func TestTextThatLooksLikeATimeStaysText(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		title := "2026-01-02T15:04:05.500000Z"
		require.NoError(t, db.Do(t.Context(), addNote(db, title)))
		require.Equal(t, []string{title}, titles(t, db))
		var trimmed string
		require.NoError(t, db.Conn(t.Context()).Raw("SELECT trim(title) FROM notes").Scan(&trimmed).Error)
		require.Equal(t, title, trimmed)
	})
}

func TestSQLiteKeepsTimesInAFixedWidth(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	createNotes(t, db)
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		return db.Conn(ctx).Create(&noteRow{
			ID: ids.New(), Title: "a", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), UpdatedAt: clock.System(),
		}).Error
	}))
	var text string
	require.NoError(t, db.Conn(t.Context()).Raw("SELECT created_at AS text FROM notes").Scan(&text).Error)
	require.Equal(t, "2026-01-02T03:04:05.000000Z", text)
}

func TestARecordingHasEveryStatementButTransactionControl(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		recording := db.Record()
		require.NoError(t, db.Do(t.Context(), addNote(db, "a")))
		titles(t, db)
		require.Equal(t, 2, recording.Count(), "%q", recording.Statements())
		require.Contains(t, recording.Statements()[0], "INSERT INTO")
		recording.Stop()
		titles(t, db)
		require.Equal(t, 2, recording.Count())
	})
}

func TestAnAddressThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "data/x.db", "mysql://localhost/x", "sqlite://", "sqlite://data/", "sqlite://:memory:", "sqlite://x.db?mode=ro",
	} {
		_, err := database.Open(t.Context(), database.Config{URL: address})
		require.Error(t, err, address)
	}
}

func TestTheDirectoryOfTheFileIsCreated(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/a/b c/%41é#.db"
	db := dbtest.Open(t, "sqlite://"+path)
	require.FileExists(t, path)
	require.Equal(t, path, db.Path())
	require.NoError(t, db.Ping(t.Context()))
}

func TestOnlyOneDriverIsNamedSQLite(t *testing.T) {
	t.Parallel()
	require.Contains(t, sql.Drivers(), "sqlite") // a second one would panic at its registration
}

var _ uow.UnitOfWork = (*database.DB)(nil)
