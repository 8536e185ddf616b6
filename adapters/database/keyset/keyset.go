// Package keyset reads lists page by page, by position instead of by offset, so that a page deep in a list costs what
// the first one costs and nothing is skipped or repeated while others write.
//
// A store declares once by what its list can be sorted, and reads each page with [List.Find]:
//
//	var byProject = keyset.New("tasks.id", func(r row) ids.ID { return r.ID },
//		keyset.Time("created_at", "tasks.created_at", func(r row) time.Time { return r.CreatedAt }),
//		keyset.NullTime("due_at", "tasks.due_at", func(r row) *time.Time { return r.DueAt }))
//
//	rows, err := byProject.Find(db.Conn(ctx).Where("project_id = ?", project), request)
//
// # Indexes
//
// One index serves a sort in both directions: (what the list filters by…, the sort key, id), without DESC or NULLS.
// Text is compared bytewise: on PostgreSQL declare the column COLLATE "C", or index the column with that collation.
// A sort key that is an expression needs an index on the same expression.
//
// A key that cannot be null is continued by a row comparison, (created_at, id) < (?, ?), which is an index condition
// on both dialects. One that can be null is read in two parts, the values and then the nulls, because no single
// condition over both is an index condition: "(due_at, id) > (?, ?) OR due_at IS NULL" reads the list from its
// beginning. The part with the nulls is only asked for when the values do not fill the page, so a page takes one
// statement, and two where the values end.
package keyset

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Column is something that a list of rows R can be sorted by.
type Column[R any] struct {
	key      string
	sql      string
	text     bool
	nullable bool
	value    func(R) *string                // as it goes into a position
	parse    func(value string) (any, bool) // and back, to what is bound
}

// Time sorts by a time that is never null. The key is the API's name; sql is the column or expression.
func Time[R any](key, sql string, value func(R) time.Time) Column[R] {
	return Column[R]{key: key, sql: sql, parse: parseTime, value: func(r R) *string {
		return new(database.FormatTime(value(r)))
	}}
}

// NullTime sorts by a time that may be null; nulls come last both ways.
func NullTime[R any](key, sql string, value func(R) *time.Time) Column[R] {
	return Column[R]{key: key, sql: sql, nullable: true, parse: parseTime, value: func(r R) *string {
		if t := value(r); t != nil {
			return new(database.FormatTime(*t))
		}
		return nil
	}}
}

// Int sorts by a number that is never null.
func Int[R any](key, sql string, value func(R) int64) Column[R] {
	return Column[R]{key: key, sql: sql, parse: parseInt, value: func(r R) *string {
		return new(strconv.FormatInt(value(r), 10))
	}}
}

// NullInt sorts by a number that may be null; nulls come last both ways.
func NullInt[R any](key, sql string, value func(R) *int64) Column[R] {
	return Column[R]{key: key, sql: sql, nullable: true, parse: parseInt, value: func(r R) *string {
		if n := value(r); n != nil {
			return new(strconv.FormatInt(*n, 10))
		}
		return nil
	}}
}

// Text sorts bytewise by a text that is never null.
func Text[R any](key, sql string, value func(R) string) Column[R] {
	return Column[R]{key: key, sql: sql, text: true, parse: parseText, value: func(r R) *string {
		return new(value(r))
	}}
}

// NullText sorts bytewise by a text that may be null; nulls come last both ways.
func NullText[R any](key, sql string, value func(R) *string) Column[R] {
	return Column[R]{key: key, sql: sql, text: true, nullable: true, parse: parseText, value: value}
}

func parseTime(s string) (any, bool) {
	t, ok := database.ParseTime(s)
	return t, ok
}

func parseInt(s string) (any, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func parseText(s string) (any, bool) {
	return s, utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// List is a list of rows R that can be read page by page. It is safe for concurrent use.
type List[R any] struct {
	idSQL   string
	id      func(R) ids.ID
	columns map[string]Column[R]
}

// New declares a list: the column of its unique id, which breaks ties, and what it can be sorted by.
func New[R any](idSQL string, id func(R) ids.ID, columns ...Column[R]) *List[R] {
	l := &List[R]{idSQL: idSQL, id: id, columns: make(map[string]Column[R], len(columns))}
	for _, c := range columns {
		if _, twice := l.columns[c.key]; twice {
			panic("keyset: sort key declared twice: " + c.key)
		}
		l.columns[c.key] = c
	}
	return l
}

// Find returns the page of what q selects that the request asks for. q brings table, columns, joins and conditions,
// but neither order nor limit. Fails with page.ErrCursorMismatch when the position cannot be one of this list, and
// with an error of kind errs.Invalid when the list cannot be sorted so.
func (l *List[R]) Find(q *gorm.DB, req page.Request) (page.Page[R], error) {
	column, ok := l.columns[req.Sort.Key]
	if !ok {
		return page.Page[R]{}, errs.InvalidFields(errs.Field{Location: "query.sort", Message: "is not a sort key of this list"})
	}
	if req.Limit < 1 {
		return page.Page[R]{}, fmt.Errorf("keyset: the limit is %d", req.Limit)
	}
	rows, err := l.rows(q.Session(&gorm.Session{}), column, req)
	if err != nil {
		return page.Page[R]{}, err
	}
	p := page.Page[R]{Items: rows}
	if len(rows) > req.Limit {
		p.Items = rows[:req.Limit]
		last := p.Items[req.Limit-1]
		p.Next = &page.Position{Value: column.value(last), ID: l.id(last)}
	}
	return p, nil
}

// rows returns one row more than the request's limit, if there is one.
func (l *List[R]) rows(q *gorm.DB, c Column[R], req page.Request) ([]R, error) {
	rows := make([]R, 0, req.Limit+1)
	inNulls := req.After != nil && req.After.Value == nil
	if inNulls && !c.nullable {
		return nil, page.ErrCursorMismatch
	}
	key := c.collated(q)
	if !inNulls {
		values := q
		if c.nullable {
			values = values.Where(c.sql + " IS NOT NULL")
		}
		if req.After != nil {
			bound, ok := c.parse(*req.After.Value)
			if !ok {
				return nil, page.ErrCursorMismatch
			}
			values = values.Where(fmt.Sprintf("(%s, %s) %s (?, ?)", key, l.idSQL, after(req.Sort)), bound, req.After.ID)
		}
		if err := l.read(values, key, req, &rows); err != nil || !c.nullable || len(rows) > req.Limit {
			return rows, err
		}
	}
	nulls := q.Where(c.sql + " IS NULL")
	if inNulls {
		nulls = nulls.Where(fmt.Sprintf("%s %s ?", l.idSQL, after(req.Sort)), req.After.ID)
	}
	return rows, l.read(nulls, key, req, &rows)
}

// read appends to rows what q finds, up to one more than the limit.
func (l *List[R]) read(q *gorm.DB, key string, req page.Request, rows *[]R) error {
	var found []R
	direction := ""
	if req.Sort.Desc {
		direction = " DESC"
	}
	// The key is part of the order among nulls too: PostgreSQL only then sees that the index is in this order.
	q = q.Order(key + direction + ", " + l.idSQL + direction).Limit(req.Limit + 1 - len(*rows))
	if err := q.Find(&found).Error; err != nil {
		return err
	}
	*rows = append(*rows, found...)
	return nil
}

// collated returns the sort key with its bytewise collation. SQLite's columns have it unless they say otherwise, and
// naming it would keep a row comparison from using the index.
func (c Column[R]) collated(q *gorm.DB) string {
	if c.text && q.Name() == string(database.Postgres) {
		return c.sql + ` COLLATE "C"`
	}
	return c.sql
}

func after(s page.Sort) string {
	if s.Desc {
		return "<"
	}
	return ">"
}
