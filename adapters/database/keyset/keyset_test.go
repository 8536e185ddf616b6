package keyset_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"pgregory.net/rapid"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/database/keyset"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

type row struct {
	ID        ids.ID
	Parent    int64
	CreatedAt time.Time
	DueAt     *time.Time
	Title     string
	Label     *string
	Rank      int64
	Score     *int64
}

func (row) TableName() string { return "items" }

var list = newList("items.")

func newList(table string) *keyset.List[row] {
	return keyset.New(table+"id", func(r row) ids.ID { return r.ID },
		keyset.Time("created_at", table+"created_at", func(r row) time.Time { return r.CreatedAt }),
		keyset.NullTime("due_at", table+"due_at", func(r row) *time.Time { return r.DueAt }),
		keyset.Text("title", table+"title", func(r row) string { return r.Title }),
		keyset.NullText("label", table+"label", func(r row) *string { return r.Label }),
		keyset.Int("rank", table+"rank", func(r row) int64 { return r.Rank }),
		keyset.NullInt("score", table+"score", func(r row) *int64 { return r.Score }),
		keyset.Int("reversed", "-"+table+"rank", func(r row) int64 { return -r.Rank }))
}

var keys = []string{"created_at", "due_at", "title", "label", "rank", "score", "reversed"}

func createItems(t *testing.T, db *database.DB) {
	t.Helper()
	id, at, collate := "text", "text", ""
	if db.Dialect() == database.Postgres {
		id, at, collate = "uuid", "timestamptz", `COLLATE "C"`
	}
	_, err := db.SQL().ExecContext(t.Context(), fmt.Sprintf(`CREATE TABLE items (
		id %[1]s PRIMARY KEY, parent bigint NOT NULL, created_at %[2]s NOT NULL, due_at %[2]s,
		title text NOT NULL, label text, rank bigint NOT NULL, score bigint)`, id, at))
	require.NoError(t, err)
	for name, column := range map[string]string{
		"created_at": "created_at", "due_at": "due_at", "title": "title " + collate, "label": "label " + collate,
		"rank": "rank", "score": "score", "reversed": "(-rank)",
	} {
		_, err := db.SQL().ExecContext(t.Context(),
			fmt.Sprintf("CREATE INDEX items_by_%s ON items (parent, %s, id)", name, column))
		require.NoError(t, err)
	}
}

func insert(t require.TestingT, db *database.DB, rows []row) {
	require.NoError(t, db.Do(context.Background(), func(ctx context.Context) error {
		if err := db.Conn(ctx).Exec("DELETE FROM items").Error; err != nil || len(rows) == 0 {
			return err
		}
		return db.Conn(ctx).CreateInBatches(rows, 100).Error
	}))
}

// walk reads the whole list page by page.
func walk(t require.TestingT, sort page.Sort, limit int, find func(page.Request) (page.Page[row], error)) []ids.ID {
	seen := []ids.ID{}
	req := page.Request{Limit: limit, Sort: sort}
	for {
		p, err := find(req)
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.Items), limit)
		for _, item := range p.Items {
			seen = append(seen, item.ID)
		}
		if p.Next == nil {
			return seen
		}
		require.Len(t, p.Items, limit, "only the last page may be short")
		req.After = p.Next
	}
}

// sorted is the order that is promised: by the key, nulls last both ways, then by id in the same direction.
func sorted(rows []row, sort page.Sort) []ids.ID {
	rows = slices.Clone(rows)
	direction := 1
	if sort.Desc {
		direction = -1
	}
	slices.SortFunc(rows, func(a, b row) int {
		var order int
		switch sort.Key {
		case "created_at":
			order = a.CreatedAt.Compare(b.CreatedAt) * direction
		case "due_at":
			order = nullsLast(a.DueAt, b.DueAt, direction, time.Time.Compare)
		case "title":
			order = strings.Compare(a.Title, b.Title) * direction
		case "label":
			order = nullsLast(a.Label, b.Label, direction, strings.Compare)
		case "rank":
			order = cmp.Compare(a.Rank, b.Rank) * direction
		case "score":
			order = nullsLast(a.Score, b.Score, direction, cmp.Compare[int64])
		case "reversed":
			order = cmp.Compare(-a.Rank, -b.Rank) * direction
		}
		return cmp.Or(order, bytes.Compare(a.ID[:], b.ID[:])*direction)
	})
	out := make([]ids.ID, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}

func nullsLast[T any](a, b *T, direction int, compare func(T, T) int) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return compare(*a, *b) * direction
}

// Few different values make many ties; the texts tell bytewise order from a locale's.
func anyRow() *rapid.Generator[row] {
	when := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, rapid.IntRange(0, 3).Draw(t, "µs")*1000, time.UTC)
	})
	text := rapid.SampledFrom([]string{"a", "B", "b", "ä", "z", "", "a b", "A_", "𝄞", "%", "\uffff"})
	number := rapid.SampledFrom([]int64{-1 << 62, -1, 0, 1, 1 << 62})
	return rapid.Custom(func(t *rapid.T) row {
		return row{
			ID: ids.New(), Parent: 1, CreatedAt: when.Draw(t, "created"), DueAt: rapid.Ptr(when, true).Draw(t, "due"),
			Title: text.Draw(t, "title"), Label: rapid.Ptr(text, true).Draw(t, "label"),
			Rank: number.Draw(t, "rank"), Score: rapid.Ptr(number, true).Draw(t, "score"),
		}
	})
}

func TestEveryWalkSeesEveryRowOnceInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createItems(t, db)
		plain := newList("")
		rapid.Check(t, func(t *rapid.T) {
			rows := rapid.SliceOfN(anyRow(), 0, 25).Draw(t, "rows")
			insert(t, db, rows)
			for _, key := range rapid.Permutation(keys).Draw(t, "keys")[:2] {
				for _, desc := range []bool{false, true} {
					sort := page.Sort{Key: key, Desc: desc}
					limit := rapid.IntRange(1, 8).Draw(t, "limit")
					q := db.Conn(context.Background()).Where("parent = ?", 1).Session(&gorm.Session{})
					one := func(req page.Request) (page.Page[row], error) { return list.Find(q, req) }
					require.Equal(t, sorted(rows, sort), walk(t, sort, limit, one), "%s, %d a page", sort, limit)
					union := func(req page.Request) (page.Page[row], error) {
						items := keyset.From("SELECT * FROM items").Where("parent = ?", 1)
						return plain.Read(db.Conn(context.Background()), req,
							items.Where("rank >= 0"), items.Where("rank <= 0 OR rank = 5"), items.Where("rank = ?", 5))
					}
					text := func(req page.Request) (page.Page[row], error) {
						return list.Read(db.Conn(context.Background()), req, keyset.From("SELECT * FROM items").Where("parent = ?", 1))
					}
					require.Equal(t, sorted(rows, sort), walk(t, sort, limit, text), "text, %s, %d a page", sort, limit)
					require.Equal(t, sorted(rows, sort), walk(t, sort, limit, union), "union, %s, %d a page", sort, limit)
					if key == "reversed" { // is no column
						continue
					}
					among := func(req page.Request) (page.Page[row], error) { return plain.FindAmong(q, req, firstOfRanks) }
					require.Equal(t, sorted(rows, sort), walk(t, sort, limit, among), "among, %s, %d a page", sort, limit)
				}
			}
		})
	})
}

// firstOfRanks gives the first items of those below zero, and of the others.
func firstOfRanks(s keyset.Stretch) (sql string, args []any) {
	var ranges []string
	for _, ranks := range []string{"rank < 0", "rank >= 0"} {
		ranges = append(ranges, fmt.Sprintf("SELECT * FROM (SELECT id, %s FROM items WHERE %s AND %s ORDER BY %s%s) AS one",
			s.Column, ranks, s.Where, s.Order, s.Limit))
		args = append(args, s.Args...)
	}
	return strings.Join(ranges, " UNION ALL "), args
}

// Rows that come and go during a walk do not change what is seen of the others.
func TestAWalkIsNotDisturbedByOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createItems(t, db)
		due := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var rows []row
		for i := range 30 {
			r := row{ID: ids.New(), Parent: 1, CreatedAt: due, Title: "x"}
			if i%3 != 0 {
				r.DueAt = &due
			}
			rows = append(rows, r)
		}
		insert(t, db, rows)
		for _, key := range []string{"due_at", "-due_at", "created_at", "-title"} {
			sort := page.ParseSort(key)
			seen := map[ids.ID]int{}
			req := page.Request{Limit: 4, Sort: sort}
			for {
				p, err := list.Find(db.Conn(t.Context()), req)
				require.NoError(t, err)
				for _, item := range p.Items {
					seen[item.ID]++
				}
				if p.Next == nil {
					break
				}
				req.After = p.Next
				require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { // the row at the position goes
					come := row{ID: ids.New(), Parent: 2, CreatedAt: due, DueAt: &due, Title: "x"}
					if err := db.Conn(ctx).Create(&come).Error; err != nil {
						return err
					}
					return db.Conn(ctx).Where("parent = 2").Delete(&row{}).Error
				}))
			}
			for _, r := range rows {
				require.Equal(t, 1, seen[r.ID], key)
			}
		}
	})
}

func TestAPositionThatCannotBeOfThisListIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createItems(t, db)
		for _, c := range []struct {
			key   string
			value *string
		}{
			{"created_at", nil},
			{"created_at", new("yesterday")},
			{"created_at", new("2026-01-02T03:04:05Z")},
			{"created_at", new("2026-13-02T03:04:05.000000Z")},
			{"due_at", new("")},
			{"title", nil},
			{"title", new("a\x00b")},
			{"title", new("\xff")},
			{"rank", new("1.5")},
			{"rank", new("")},
			{"score", new("99999999999999999999")},
		} {
			_, err := list.Find(db.Conn(t.Context()), page.Request{
				Limit: 1, Sort: page.Sort{Key: c.key}, After: &page.Position{Value: c.value, ID: ids.New()},
			})
			require.ErrorIs(t, err, page.ErrCursorMismatch, "%s %v", c.key, c.value)
		}
		_, err := list.Find(db.Conn(t.Context()), page.Request{Limit: 1, Sort: page.Sort{Key: "id; DROP TABLE items"}})
		require.Equal(t, errs.Invalid, errs.KindOf(err))
		_, err = list.Find(db.Conn(t.Context()), page.Request{Sort: page.Sort{Key: "rank"}})
		require.Error(t, err, "a limit of 0 is a mistake of the caller")
	})
}

// Every page, of every sort, in both directions, among the values and among the nulls, is one walk along one index.
func TestEveryPageIsReadAlongAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createItems(t, db)
		insert(t, db, manyRows())
		if db.Dialect() == database.Postgres {
			_, err := db.SQL().ExecContext(t.Context(), "ANALYZE items")
			require.NoError(t, err)
		}
		for _, key := range keys {
			for _, desc := range []bool{false, true} {
				sort := page.Sort{Key: key, Desc: desc}
				t.Run(sort.String(), func(t *testing.T) { requireIndexed(t, db, sort) })
			}
		}
	})
}

func manyRows() []row {
	rows := make([]row, 600)
	for i := range rows {
		at := time.Date(2026, 1, 1, 0, 0, i/2, 0, time.UTC)
		rows[i] = row{ID: ids.New(), Parent: int64(i % 2), CreatedAt: at, Title: fmt.Sprint(i / 2), Rank: int64(i / 2)}
		if i%3 > 0 {
			rows[i].DueAt, rows[i].Label, rows[i].Score = &at, &rows[i].Title, &rows[i].Rank
		}
	}
	return rows
}

func requireIndexed(t *testing.T, db *database.DB, sort page.Sort) {
	t.Helper()
	log := &statementLog{}
	q := db.Conn(t.Context()).Session(&gorm.Session{Logger: log}).Where("parent = ?", 1)
	req := page.Request{Limit: 20, Sort: sort}
	for range 14 { // of 15: the values end before, and the nulls go on
		p, err := list.Find(q, req)
		require.NoError(t, err)
		require.NotNil(t, p.Next)
		req.After = p.Next
	}
	require.LessOrEqual(t, len(log.statements), 16, "one for each page, and one more where the values end")
	for i, query := range log.statements {
		plan := dbtest.Explain(t, db, query)
		require.Contains(t, plan, "items_by_"+sort.Key, query)
		if i > 0 { // it begins where the page before has ended
			require.Regexp(t, `Cond: .*(ROW\(|IS NULL)|parent=\? AND .*[<>=]`, plan, query)
		}
		require.NotContains(t, plan, "Sort", query)
		require.NotContains(t, plan, "TEMP B-TREE", query)
	}
}

// statementLog keeps the text of statements with their values.
type statementLog struct {
	logger.Interface
	statements []string
}

func (l *statementLog) Trace(_ context.Context, _ time.Time, statement func() (string, int64), _ error) {
	query, _ := statement()
	l.statements = append(l.statements, query)
}
