package httpserver

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"fasttrack/shared/clock"
	"fasttrack/shared/patch"
)

const (
	layoutTime  = "2006-01-02T15:04:05.000000Z"
	messageTime = "must be an RFC 3339 time with a zone, such as 2026-01-31T12:00:00Z, in the years 1 to 9999"
)

var errTime = errors.New(messageTime)

// Timestamp is a time of the API: written in UTC with exactly six decimals, so that equal times are equal text; read
// as any RFC 3339 time and brought to UTC at microseconds. In a query the zero Timestamp means that the parameter is
// absent. Bodies and queries use it instead of [time.Time].
type Timestamp time.Time

// TimestampOf returns the Timestamp of a time that may be missing. It is the same place in memory.
func TimestampOf(t *time.Time) *Timestamp {
	return (*Timestamp)(t)
}

// PatchTime turns a member of a PATCH into what the domain works with.
func PatchTime(n patch.Nullable[Timestamp]) patch.Nullable[time.Time] {
	if n.Value == nil {
		return patch.Nullable[time.Time]{Set: n.Set}
	}
	return patch.To(n.Value.Time())
}

// Time returns the time, in UTC at microseconds.
func (t Timestamp) Time() time.Time { return clock.Normal(time.Time(t)) }

// Optional returns nil for the zero Timestamp, and the time otherwise.
func (t Timestamp) Optional() *time.Time {
	if t.IsZero() {
		return nil
	}
	at := t.Time()
	return &at
}

// IsZero reports whether there is no time.
func (t Timestamp) IsZero() bool { return time.Time(t).IsZero() }

// String returns the API's form.
func (t Timestamp) String() string { return t.Time().Format(layoutTime) }

// MarshalJSON writes the API's form.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return t.appendJSON(make([]byte, 0, len(layoutTime)+2)), nil
}

func (t Timestamp) appendJSON(b []byte) []byte {
	b = append(b, '"')
	b = t.Time().AppendFormat(b, layoutTime)
	return append(b, '"')
}

// UnmarshalJSON reads any RFC 3339 time.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return errTime
	}
	return t.UnmarshalText([]byte(s))
}

// UnmarshalText reads any RFC 3339 time.
func (t *Timestamp) UnmarshalText(text []byte) error {
	parsed, err := parseTimestamp(string(text))
	if err != nil {
		return err
	}
	*t = Timestamp(parsed)
	return nil
}

// rfc3339 is stricter than the parser, which takes a comma before the decimals, an hour of one digit, and zones of a
// day and more.
var rfc3339 = regexp.MustCompile(
	`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func parseTimestamp(s string) (time.Time, error) {
	if !rfc3339.MatchString(s) {
		return time.Time{}, errTime
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, errTime
	}
	t = clock.Normal(t)
	// The first moment of the year 1 is the zero time, which means that there is none.
	if year := t.Year(); year < 1 || year > 9999 || t.IsZero() {
		return time.Time{}, errTime
	}
	return t, nil
}
