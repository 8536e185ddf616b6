package keyset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/shared/page"
)

// Select is a query as text, without order and limit, for the lists that are read most: to put it together takes a
// fraction of what a chain of GORM's takes, which is a good part of what a page costs. The zero value selects nothing.
type Select struct {
	from       string
	conditions []string
	args       []any
}

// From begins a query: SELECT … FROM …, with nothing bound.
func From(sql string) Select { return Select{from: sql} }

// Where returns the query with one more condition, and what is bound in it. The query itself stays as it is.
func (s Select) Where(condition string, args ...any) Select {
	s.conditions = append(slices.Clip(s.conditions), condition)
	s.args = append(slices.Clip(s.args), args...)
	return s
}

// From returns the query with another SELECT … FROM ….
func (s Select) From(sql string) Select {
	s.from = sql
	return s
}

// write appends the query for a part of the list.
func (s Select) write(b *strings.Builder, args []any, p part, order string, limit int) []any {
	b.WriteString(s.from)
	glue := " WHERE ("
	for _, conditions := range [2][]string{s.conditions, p.conditions} {
		for _, condition := range conditions {
			b.WriteString(glue)
			b.WriteString(condition)
			glue = ") AND ("
		}
	}
	if glue == ") AND (" {
		b.WriteString(")")
	}
	b.WriteString(" ORDER BY ")
	b.WriteString(order)
	b.WriteString(Limit(limit))
	return append(append(args, s.args...), p.args...)
}

// Limit returns the clause LIMIT …, with the number in it. SQLite plans a statement anew whenever a limit is bound that it could make
// use of, which takes longer than to read a page.
func Limit(limit int) string { return " LIMIT " + strconv.Itoa(limit) }

// Read returns the page of what any of the queries selects, as [List.Find] does for one that GORM has put together. A row
// that several of them select is there once: that is for a condition with OR whose sides are in different indexes, of
// which each is read in the order of its own and no further than the page.
//
// All queries select the same columns, and where there are several, the list was declared with columns that go by their
// plain names. A page takes as many statements as with Find. They run on the connection, db.Conn(ctx).
func (l *List[R]) Read(conn *gorm.DB, req page.Request, queries ...Select) (page.Page[R], error) {
	if len(queries) == 0 {
		return page.Page[R]{}, nil
	}
	return l.find(conn, req, func(p part, order string, limit int) ([]R, error) {
		var text strings.Builder
		text.Grow(1 << 10)
		var args []any
		if len(queries) == 1 {
			args = queries[0].write(&text, make([]any, 0, 16), p, order, limit)
			return l.rows(conn.Raw(text.String(), args...))
		}
		text.WriteString("SELECT * FROM (")
		for i, q := range queries {
			if i > 0 {
				text.WriteString(" UNION ALL ")
			}
			text.WriteString("SELECT * FROM (")
			args = q.write(&text, args, p, order, limit)
			fmt.Fprintf(&text, ") AS side%d", i)
		}
		text.WriteString(") AS sides ORDER BY " + order)
		rows, err := l.rows(conn.Raw(text.String(), args...))
		if err != nil {
			return nil, err
		}
		// In this order the copies of a row are neighbours. The first rows of a union are among the first of its sides.
		rows = slices.CompactFunc(rows, func(a, b R) bool { return l.id(a) == l.id(b) })
		return rows[:min(len(rows), limit)], nil
	})
}

// rows returns what a query selects.
func (l *List[R]) rows(q *gorm.DB) (rows []R, err error) {
	if l.read != nil {
		return database.Scan(q, l.read)
	}
	if q.Statement.SQL.Len() > 0 { // raw
		return rows, q.Scan(&rows).Error
	}
	return rows, q.Find(&rows).Error
}
