package keyset

import (
	"strings"

	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/shared/page"
)

// Stretch is what is left of a list after a position, as far as a page goes. It is put into a subquery.
type Stretch struct {
	Where  string // a condition
	Args   []any  // what is bound in Where
	Column string // the sort key, which the subquery gives beside the id
	Order  string // what follows ORDER BY
	Limit  string // the clause LIMIT …
}

// FindAmong returns the page of what q selects, as [List.Find] does, of a list that is spread over many ranges of an
// index, like what belongs to any of somebody's groups: each range is read in its order and no further than the page.
// The function gives a SELECT of the ids and sort keys that come first in every range, at least those within the
// stretch's limit, with what is bound in it. The rows themselves are then joined to the first of those by their ids, so
// that what is expensive to select is selected for the page alone.
//
// The list was declared with columns that go by their plain names. A page takes as many statements as with Find.
func (l *List[R]) FindAmong(
	q *gorm.DB, req page.Request, ranges func(Stretch) (sql string, args []any),
) (page.Page[R], error) {
	column := l.columns[req.Sort.Key]
	collation := strings.TrimPrefix(column.collated(database.Dialect(q.Name())), column.sql)
	return l.find(q, req, func(p part, order string, limit int) ([]R, error) {
		s := Stretch{Where: "TRUE", Args: p.args, Column: column.sql, Order: order, Limit: Limit(limit)}
		if len(p.conditions) > 0 {
			s.Where = strings.Join(p.conditions, " AND ")
		}
		sql, args := ranges(s)
		// The page is in the order of what was found first, and not in that of the rows, which PostgreSQL might otherwise
		// look for along an index of all rows.
		first := "JOIN (SELECT " + l.idSQL + " AS first_id, " + column.sql + " AS first_key FROM (" + sql + ") AS candidates" +
			" ORDER BY " + order + s.Limit + ") AS first ON first_id = " + l.idSQL
		var rows []R
		found := q.Session(&gorm.Session{}).Joins(first, args...).
			Order("first_key" + collation + direction(req.Sort) + ", first_id" + direction(req.Sort)).Find(&rows)
		return rows, found.Error
	})
}
