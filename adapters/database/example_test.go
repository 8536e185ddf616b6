package database_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/database/keyset"
	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// The store below is how the stores of the modules are written: a row, the orders of its list, and one method for
// each thing the application asks for.

type note struct {
	ID        ids.ID
	Title     string
	DueAt     *time.Time
	CreatedAt time.Time
}

type noteRow struct {
	ID        ids.ID
	Title     string
	DueAt     *time.Time
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (noteRow) TableName() string { return "notes" }

func (r noteRow) note() note {
	return note{ID: r.ID, Title: r.Title, DueAt: r.DueAt, CreatedAt: r.CreatedAt}
}

var noteList = keyset.New("id", func(r noteRow) ids.ID { return r.ID },
	keyset.Time("created_at", "created_at", func(r noteRow) time.Time { return r.CreatedAt }),
	keyset.NullTime("due_at", "due_at", func(r noteRow) *time.Time { return r.DueAt }),
	keyset.Text("title", "title", func(r noteRow) string { return r.Title }))

var (
	errNoNote      = errs.NotFoundf("the note does not exist")
	errNoteIsStale = errs.New(errs.PreconditionFailed, errs.CodePreconditionFailed, "the note has changed since")
)

type noteStore struct{ db *database.DB }

func (s noteStore) Get(ctx context.Context, id ids.ID) (note, error) {
	var row noteRow
	err := s.db.Conn(ctx).Take(&row, "id = ?", id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return note{}, errNoNote
	}
	if err != nil {
		return note{}, fmt.Errorf("read note %s: %w", id, err)
	}
	return row.note(), nil
}

func (s noteStore) List(ctx context.Context, titlePrefix string, req page.Request) (page.Page[note], error) {
	rows, err := noteList.Find(s.db.Conn(ctx).Where("title LIKE ?", titlePrefix+"%"), req)
	if err != nil {
		return page.Page[note]{}, fmt.Errorf("list notes: %w", err)
	}
	return page.Map(rows, noteRow.note), nil
}

func (s noteStore) Add(ctx context.Context, n note) error {
	row := noteRow{ID: n.ID, Title: n.Title, DueAt: n.DueAt, Version: 1, CreatedAt: n.CreatedAt, UpdatedAt: n.CreatedAt}
	if err := s.db.Conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("add note: %w", err)
	}
	return nil
}

// Rename changes the title if the note still has the version that the caller has seen.
func (s noteStore) Rename(ctx context.Context, id ids.ID, version int64, title string, now time.Time) error {
	var row noteRow
	err := s.db.Conn(ctx).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&row, "id = ?", id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errNoNote
	}
	if err != nil {
		return fmt.Errorf("read note %s: %w", id, err)
	}
	result := s.db.Conn(ctx).Model(&noteRow{}).Where("id = ? AND version = ?", id, version).
		Updates(map[string]any{"title": title, "version": gorm.Expr("version + 1"), "updated_at": now})
	if result.Error != nil {
		return fmt.Errorf("rename note %s: %w", id, result.Error)
	}
	if result.RowsAffected == 0 {
		return errNoteIsStale
	}
	return nil
}

func TestStoreAsTheModulesWriteIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		store, now, ctx := noteStore{db}, clock.System(), t.Context()
		due := now.Add(time.Hour)
		var added []ids.ID
		for i := range 3 {
			n := note{ID: ids.New(), Title: fmt.Sprint("note ", i), CreatedAt: now.Add(time.Duration(i))}
			if i == 1 {
				n.DueAt = &due
			}
			require.NoError(t, db.Do(ctx, func(ctx context.Context) error { return store.Add(ctx, n) }))
			added = append(added, n.ID)
		}

		found, err := store.Get(ctx, added[1])
		require.NoError(t, err)
		require.Equal(t, note{ID: added[1], Title: "note 1", DueAt: &due, CreatedAt: now}, found)
		_, err = store.Get(ctx, ids.New())
		require.ErrorIs(t, err, errNoNote)

		first, err := store.List(ctx, "note", page.Request{Limit: 2, Sort: page.ParseSort("-due_at")})
		require.NoError(t, err)
		require.NotNil(t, first.Next)
		rest, err := store.List(ctx, "note", page.Request{Limit: 2, Sort: page.ParseSort("-due_at"), After: first.Next})
		require.NoError(t, err)
		require.Nil(t, rest.Next)
		require.Equal(t, []ids.ID{added[1], added[2], added[0]},
			[]ids.ID{first.Items[0].ID, first.Items[1].ID, rest.Items[0].ID})

		rename := func(version int64) error {
			return db.Do(ctx, func(ctx context.Context) error { return store.Rename(ctx, added[0], version, "new", now) })
		}
		require.NoError(t, rename(1))
		require.ErrorIs(t, rename(1), errNoteIsStale)
	})
}

// createNotes makes the table that these tests use. Real tables come from migrations.
func createNotes(t testing.TB, db *database.DB) {
	t.Helper()
	id, at := "uuid", "timestamptz"
	if db.Dialect() == database.SQLite {
		id, at = "text", "text"
	}
	_, err := db.SQL().ExecContext(t.Context(), fmt.Sprintf(`CREATE TABLE notes (id %[1]s PRIMARY KEY,
		title text NOT NULL CHECK (title <> ''), due_at %[2]s, version bigint NOT NULL DEFAULT 1,
		parent_id %[1]s REFERENCES notes (id), created_at %[2]s NOT NULL, updated_at %[2]s NOT NULL)`, id, at))
	require.NoError(t, err)
}
