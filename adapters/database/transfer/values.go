package transfer

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// reader feeds COPY with the rows of a SQLite table, and sums them up on the way.
type reader struct {
	table  table
	rows   *sql.Rows
	values []any
	sum    checksum
	err    error
}

// Next implements pgx.CopyFromSource.
func (r *reader) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	raw := make([]any, len(r.table.columns))
	into := make([]any, len(raw))
	for i := range raw {
		into[i] = &raw[i]
	}
	if r.err = r.rows.Scan(into...); r.err != nil {
		return false
	}
	r.values = make([]any, len(raw))
	texts := make([]*string, len(raw))
	for i, c := range r.table.columns {
		if r.values[i], r.err = c.fromSQLite(raw[i]); r.err != nil {
			return false
		}
		if texts[i], r.err = c.canonical(r.values[i]); r.err != nil {
			return false
		}
	}
	r.sum.add(texts)
	return true
}

// Values implements pgx.CopyFromSource.
func (r *reader) Values() ([]any, error) { return r.values, nil }

// Err implements pgx.CopyFromSource.
func (r *reader) Err() error { return errors.Join(r.err, r.rows.Err()) }

// fromSQLite returns a value of SQLite, which has five types, as one of the column's.
func (c column) fromSQLite(value any) (any, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // NULL is a value
	}
	switch v := value.(type) {
	case []byte:
		if c.kind == "bytea" {
			return append([]byte{}, v...), nil // never nil, which would be NULL
		}
		value = string(v)
	case time.Time:
		value = v.UTC().Format(time.RFC3339Nano)
	}
	switch v := value.(type) {
	case string:
		return c.fromText(v)
	case bool:
		if c.kind == "bool" {
			return v, nil
		}
	case int64:
		switch c.kind {
		case "bool":
			return v != 0, nil
		case "int2", "int4", "int8":
			return v, nil
		}
	case float64:
		if c.kind == "float8" {
			return v, nil
		}
	}
	return nil, c.unknown(value)
}

func (c column) fromText(text string) (any, error) {
	switch c.kind {
	case "text", "varchar":
		return text, nil
	case "uuid":
		id, err := uuid.Parse(text)
		return [16]byte(id), c.bad(text, err)
	case "timestamptz":
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC(), nil
			}
		}
		return nil, c.bad(text, errors.New("not a time"))
	case "json", "jsonb":
		var value any
		err := json.Unmarshal([]byte(text), &value)
		return json.RawMessage(text), c.bad(text, err)
	}
	return nil, c.unknown(text)
}

// canonical is a value in a form that is the same whichever database it came from; nil is NULL.
func (c column) canonical(value any) (*string, error) {
	var text string
	switch v := value.(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL is a value
	case string:
		text = v
		if c.kind == "json" || c.kind == "jsonb" {
			return c.canonicalJSON(v)
		}
	case []byte:
		text = hex.EncodeToString(v)
	case [16]byte:
		text = uuid.UUID(v).String()
	case time.Time:
		text = v.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	case bool:
		text = strconv.FormatBool(v)
	case int16:
		text = strconv.FormatInt(int64(v), 10)
	case int32:
		text = strconv.FormatInt(int64(v), 10)
	case int64:
		text = strconv.FormatInt(v, 10)
	case float64:
		text = strconv.FormatFloat(v, 'g', -1, 64)
	case json.RawMessage:
		var parsed any
		if err := json.Unmarshal(v, &parsed); err != nil {
			return nil, c.bad(string(v), err)
		}
		return c.canonicalJSON(parsed)
	default:
		return c.canonicalJSON(v) // what pgx made of jsonb
	}
	return &text, nil
}

func (c column) canonicalJSON(value any) (*string, error) {
	if c.kind != "json" && c.kind != "jsonb" {
		return nil, c.unknown(value)
	}
	ordered, err := json.Marshal(value) // the members of objects in the order of their names
	text := string(ordered)
	return &text, c.bad(text, err)
}

func (c column) unknown(value any) error {
	return fmt.Errorf("column %s: a %T cannot become a %s", c.name, value, c.kind)
}

// bad tells of a value that is not what the column wants, without showing the value, which may be private.
func (c column) bad(text string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("column %s: a text of %d bytes is no %s: %w", c.name, len(text), c.kind, err)
}
