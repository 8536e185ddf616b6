package database

import (
	"strings"
	"time"

	"fasttrack/shared/clock"
)

// TimeFormat is the text in which SQLite keeps a time: UTC at microseconds in a fixed width, so that the order of
// the text is the order of time.
//
// Writing needs no care: every time.Time that is bound to a statement is written so. For reading, SQLite has no type
// that says "time". Text of exactly this form is read as a time.Time when its column in the result is called "at" or
// ends in "_at" (created_at, MAX(due_at) AS last_due_at) or is declared TIMESTAMP; any other text stays text, so that
// nobody's title turns into a time. Scanning a time from a column with another name fails loudly.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// queueTimeFormat is the text in which the job queue keeps its times on SQLite, and compares them with SQLite's own
// datetime('now', 'subsec'): in the other form no time of today would ever have passed.
const queueTimeFormat = "2006-01-02 15:04:05.000"

// FormatTime returns t in the form of [TimeFormat].
func FormatTime(t time.Time) string { return clock.Normal(t).Format(TimeFormat) }

// ParseTime reads the form of [TimeFormat] and no other.
func ParseTime(s string) (t time.Time, ok bool) {
	if len(s) != len(TimeFormat) || s[len(s)-1] != 'Z' || s[10] != 'T' {
		return time.Time{}, false
	}
	t, err := time.Parse(TimeFormat, s)
	return t, err == nil
}

// holdsTime reports whether a column of a result holds times, by its name.
func holdsTime(column string) bool {
	return column == "at" || strings.HasSuffix(column, "_at")
}
