package dbtest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// shelves makes a table with an index.
func shelves(t *testing.T, db *database.DB) {
	t.Helper()
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		for _, statement := range []string{
			"CREATE TABLE books (id INTEGER PRIMARY KEY, shelf INTEGER NOT NULL, title VARCHAR(100) NOT NULL)",
			"CREATE INDEX books_shelf ON books (shelf, id)",
		} {
			if err := db.Conn(ctx).Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestPlansAreRequired(t *testing.T) {
	t.Parallel()
	type requirements struct{ scan, tableScan, sort, sortBelowLimit bool } // whether it is met
	for statement, want := range map[string]requirements{
		"SELECT * FROM books WHERE shelf = 1 ORDER BY id LIMIT 2":                 {true, true, true, true},
		"SELECT * FROM books b WHERE b.shelf = 1 ORDER BY b.id LIMIT 2":           {true, true, true, true},
		"SELECT * FROM books WHERE shelf = 1 ORDER BY title LIMIT 2":              {true, true, false, false},
		"SELECT * FROM books WHERE title = 'Dune'":                                {false, false, true, true},
		"SELECT * FROM (SELECT * FROM books WHERE title = 'Dune' LIMIT 2) AS two": {false, false, true, true},
		// The page that was read of one index is sorted.
		"SELECT * FROM (SELECT * FROM books WHERE shelf = 1 ORDER BY id LIMIT 2) AS side0 ORDER BY title": {
			true, true, false, true,
		},
	} {
		dbtest.Each(t, func(t *testing.T, db *database.DB) {
			shelves(t, db)
			meets := func(check func(p dbtest.Plan)) bool {
				return try(t, func(t testing.TB) { check(dbtest.PlanOf(t, db, statement)) }) == ""
			}
			require.Equal(t, want, requirements{
				scan:           meets(func(p dbtest.Plan) { p.RequireNoScan("books", "b") }),
				tableScan:      meets(func(p dbtest.Plan) { p.RequireNoTableScan("books", "b") }),
				sort:           meets(func(p dbtest.Plan) { p.RequireNoSort() }),
				sortBelowLimit: meets(func(p dbtest.Plan) { p.RequireNoSortBelowLimit() }),
			}, "%s:\n%s", statement, dbtest.Explain(t, db, statement))
			require.False(t, meets(func(p dbtest.Plan) { p.RequireIndex("books_shelf", "books_title") }))
		})
	}
}

func TestAWholeIndexIsAScanAndNoTableScan(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	shelves(t, db)
	const statement = "SELECT * FROM books ORDER BY shelf, id"
	dbtest.PlanOf(t, db, statement).RequireNoTableScan("books").RequireNoSort().RequireIndex("books_shelf")
	require.Contains(t, try(t, func(t testing.TB) { dbtest.PlanOf(t, db, statement).RequireNoScan("books") }), "SCAN books")
}

func TestEveryStatementOfACallHasItsPlan(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		shelves(t, db)
		plans := dbtest.Plans(t, db, func() {
			var books []struct{ ID, Shelf int }
			require.NoError(t, db.Conn(t.Context()).Table("books").Where("shelf = ?", 1).Find(&books).Error)
			require.NoError(t, db.Conn(t.Context()).Raw("SELECT id, shelf FROM books WHERE id = ?", 1).Scan(&books).Error)
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				if err := db.Conn(ctx).Exec("UPDATE books SET title = ? WHERE id = ?", "Dune", 1).Error; err != nil {
					return err
				}
				return db.Conn(ctx).Table("books").Where("shelf = ?", 1).Delete(nil).Error
			}))
		})
		require.Len(t, plans, 4)
		for i, words := range []string{"SELECT *", "SELECT id", "UPDATE", "DELETE"} {
			require.Contains(t, plans[i].Statement, words)
			plans[i].RequireNoScan("books")
		}
		require.Empty(t, dbtest.Plans(t, db, func() {}))
	})
}

func TestTablesAreFilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		shelves(t, db)
		var books []map[string]any
		for id := range 1234 {
			books = append(books, map[string]any{"id": id, "shelf": id % 7, "title": "Dune"})
		}
		dbtest.Fill(t, db, dbtest.Rows{Table: "books", Rows: books}, dbtest.Rows{Table: "books"})
		var kept int64
		require.NoError(t, db.Conn(t.Context()).Table("books").Count(&kept).Error)
		require.EqualValues(t, len(books), kept)
	})
}
