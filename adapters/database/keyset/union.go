package keyset

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

// FindUnion returns the page of what any of several queries on one connection selects, as [List.Find] does for one.
// A row that several of them select is there once. It is for a condition with OR whose sides are in different indexes:
// each side is read in the order of its own index, and no further than the page.
//
// All queries select the same columns, and the list was declared with columns that go by their plain names in the
// result. A page takes as many statements as with Find.
func (l *List[R]) FindUnion(queries []*gorm.DB, req page.Request) (page.Page[R], error) {
	if len(queries) == 1 {
		return l.Find(queries[0], req)
	}
	column, ok := l.columns[req.Sort.Key]
	if !ok {
		return page.Page[R]{}, errs.InvalidFields(errs.Field{Location: "query.sort", Message: "is not a sort key of this list"})
	}
	if req.Limit < 1 || len(queries) == 0 {
		return page.Page[R]{}, fmt.Errorf("keyset: %d queries with limit %d", len(queries), req.Limit)
	}
	parts, err := l.parts(queries[0], column, req)
	if err != nil {
		return page.Page[R]{}, err
	}
	rows := make([]R, 0, req.Limit+1)
	for _, p := range parts {
		found, err := l.readUnion(queries, p, column.collated(queries[0]), req, req.Limit+1-len(rows))
		if err != nil {
			return page.Page[R]{}, err
		}
		if rows = append(rows, found...); len(rows) > req.Limit {
			last := rows[req.Limit-1]
			next := &page.Position{Value: column.value(last), ID: l.id(last)}
			return page.Page[R]{Items: rows[:req.Limit], Next: next}, nil
		}
	}
	return page.Page[R]{Items: rows}, nil
}

// part is a stretch of a list that is one range of its index: the values of the sort key, or its nulls.
type part struct {
	sql  []string
	args []any
}

// parts returns what is left of the list after the position of the request, in order.
func (l *List[R]) parts(q *gorm.DB, c Column[R], req page.Request) ([]part, error) {
	var values, nulls part
	if c.nullable {
		values.sql = append(values.sql, c.sql+" IS NOT NULL")
		nulls.sql = append(nulls.sql, c.sql+" IS NULL")
	}
	switch {
	case req.After == nil:
	case req.After.Value != nil:
		bound, ok := c.parse(*req.After.Value)
		if !ok {
			return nil, page.ErrCursorMismatch
		}
		values.sql = append(values.sql, fmt.Sprintf("(%s, %s) %s (?, ?)", c.collated(q), l.idSQL, after(req.Sort)))
		values.args = []any{bound, req.After.ID}
	case c.nullable:
		nulls.sql = append(nulls.sql, fmt.Sprintf("%s %s ?", l.idSQL, after(req.Sort)))
		nulls.args = []any{req.After.ID}
		return []part{nulls}, nil
	default:
		return nil, page.ErrCursorMismatch
	}
	if c.nullable {
		return []part{values, nulls}, nil
	}
	return []part{values}, nil
}

// readUnion reads up to limit rows of the part. The first rows of a union are among the first rows of its sides.
func (l *List[R]) readUnion(queries []*gorm.DB, p part, key string, req page.Request, limit int) ([]R, error) {
	direction := ""
	if req.Sort.Desc {
		direction = " DESC"
	}
	order := key + direction + ", " + l.idSQL + direction
	sides, sql := make([]any, len(queries)), make([]string, len(queries))
	for i, q := range queries {
		if q = q.Session(&gorm.Session{}); len(p.sql) > 0 {
			q = q.Where(strings.Join(p.sql, " AND "), p.args...)
		}
		sides[i] = q.Order(order).Limit(limit)
		sql[i] = fmt.Sprintf("SELECT * FROM (?) AS side%d", i)
	}
	var rows []R
	union := queries[0].Session(&gorm.Session{NewDB: true})
	err := union.Raw(strings.Join(sql, " UNION ALL ")+" ORDER BY "+order, sides...).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	// In this order the copies of a row are neighbours.
	rows = slices.CompactFunc(rows, func(a, b R) bool { return l.id(a) == l.id(b) })
	return rows[:min(len(rows), limit)], nil
}

