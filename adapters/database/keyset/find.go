package keyset

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

// Find returns the page of what q selects that the request asks for. q brings table, columns, joins and conditions,
// but neither order nor limit. It fails with page.ErrCursorMismatch when the position cannot be one of this list, and
// with an error of kind errs.Invalid when the list cannot be sorted so.
func (l *List[R]) Find(q *gorm.DB, req page.Request) (page.Page[R], error) {
	return l.find(q, req, func(p part, order string, limit int) ([]R, error) {
		return l.rows(p.of(q).Order(order + Limit(limit)))
	})
}

// find puts the page together from the parts of the list that are left after the position.
func (l *List[R]) find(q *gorm.DB, req page.Request, read func(p part, order string, limit int) ([]R, error)) (
	page.Page[R], error,
) {
	column, ok := l.columns[req.Sort.Key]
	if !ok {
		return page.Page[R]{}, errs.InvalidFields(
			errs.Field{Location: "query.sort", Message: "is not a sort key of this list"})
	}
	if req.Limit < 1 {
		return page.Page[R]{}, fmt.Errorf("keyset: the limit is %d", req.Limit)
	}
	dialect := database.Dialect(q.Name())
	parts, err := l.parts(dialect, column, req)
	if err != nil {
		return page.Page[R]{}, err
	}
	// The key is part of the order among its nulls too: PostgreSQL only then sees that the index is in this order.
	order := column.collated(dialect) + direction(req.Sort) + ", " + l.idSQL + direction(req.Sort)
	var rows []R // one more than the page tells whether there is another
	for _, p := range parts {
		found, err := read(p, order, req.Limit+1-len(rows))
		if err != nil {
			return page.Page[R]{}, err
		}
		if rows == nil {
			rows = found
		} else {
			rows = append(rows, found...)
		}
		if len(rows) > req.Limit {
			last := rows[req.Limit-1]
			next := &page.Position{Value: column.value(last), ID: l.id(last)}
			return page.Page[R]{Items: rows[:req.Limit], Next: next}, nil
		}
	}
	return page.Page[R]{Items: rows}, nil
}

// part is a stretch of a list that is one range of its index: the values of the sort key, or its nulls.
type part struct {
	conditions []string
	args       []any
}

func (p *part) where(condition string, args ...any) {
	p.conditions, p.args = append(p.conditions, condition), append(p.args, args...)
}

// of returns the query for the part of what q selects. q stays as it is.
func (p *part) of(q *gorm.DB) *gorm.DB {
	q = q.Session(&gorm.Session{})
	if len(p.conditions) > 0 {
		q = q.Where(strings.Join(p.conditions, " AND "), p.args...)
	}
	return q
}

// parts returns what is left of the list after the position of the request, in order.
func (l *List[R]) parts(dialect database.Dialect, c Column[R], req page.Request) ([]part, error) {
	var values, nulls part
	if c.nullable {
		values.where(c.sql + " IS NOT NULL")
		nulls.where(c.sql + " IS NULL")
	}
	comparison := ">"
	if req.Sort.Desc {
		comparison = "<"
	}
	switch {
	case req.After == nil:
	case req.After.Value != nil:
		bound, ok := c.parse(*req.After.Value)
		if !ok {
			return nil, page.ErrCursorMismatch
		}
		if dialect == database.SQLite && !isName(c.sql) {
			// SQLite finds its place in an index on an expression by the expression alone, not by a row comparison.
			values.where(c.sql+" "+comparison+"= ?", bound)
		}
		values.where(fmt.Sprintf("(%s, %s) %s (?, ?)", c.collated(dialect), l.idSQL, comparison), bound, req.After.ID)
	case c.nullable:
		nulls.where(l.idSQL+" "+comparison+" ?", req.After.ID)
		return []part{nulls}, nil
	default:
		return nil, page.ErrCursorMismatch
	}
	if c.nullable {
		return []part{values, nulls}, nil
	}
	return []part{values}, nil
}

// collated returns the sort key with its bytewise collation. SQLite's columns have it unless they say otherwise, and
// naming it would keep a row comparison from using the index.
func (c Column[R]) collated(dialect database.Dialect) string {
	if c.text && dialect == database.Postgres {
		return c.sql + ` COLLATE "C"`
	}
	return c.sql
}

// isName reports whether the sort key is a column and not an expression.
func isName(sql string) bool {
	return !strings.ContainsFunc(sql, func(r rune) bool {
		return r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func direction(s page.Sort) string {
	if s.Desc {
		return " DESC"
	}
	return ""
}
