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
// Text is compared bytewise: on PostgreSQL declare the column COLLATE "C", or index the column with that collation;
// SQLite's columns compare so unless they say otherwise. A key that is an expression needs an index on the same
// expression, in parentheses.
//
// A key that cannot be null is continued by a row comparison, (created_at, id) < (?, ?), which is an index condition
// on both dialects. One that can be null is read in two parts, the values and then the nulls, because no single
// condition over both is an index condition: "(due_at, id) > (?, ?) OR due_at IS NULL" reads the list from its
// beginning. The part with the nulls is only asked for when the values do not fill the page, so a page takes one
// statement, and two where the values end. TestEveryPageIsReadAlongAnIndex holds all of this against both planners.
package keyset

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fasttrack/adapters/database"
	"fasttrack/shared/ids"
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
	read    func(database.Row, *R) error // nil: GORM reads the rows
}

// ReadBy makes the list read its rows by hand, see [database.Scan]. It returns the list.
func (l *List[R]) ReadBy(read func(from database.Row, into *R) error) *List[R] {
	l.read = read
	return l
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
