// Package ids holds the identifier of everything in fasttrack: a UUIDv7, ordered in time and safe to expose.
package ids

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ID is a UUID. New ones are version 7 (RFC 9562): they sort by the millisecond they were made in, and those of one
// process strictly by the order in which they were made. The zero ID means "none".
type ID uuid.UUID

// Generator makes IDs. [New] is the one of the program; a test may hand in its own.
type Generator func() ID

// Nil is the zero ID.
var Nil ID

var errForm = errors.New("must be a UUID such as 0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55")

// New returns a new ID.
func New() ID {
	// It fails only when the system has no randomness left, and then nothing here is safe.
	return ID(uuid.Must(uuid.NewV7()))
}

// Parse reads the canonical form of 36 characters, and no other: one thing has one name.
func Parse(s string) (ID, error) {
	if len(s) != 36 {
		return Nil, errForm
	}
	u, err := uuid.Parse(s)
	if err != nil || strings.ToLower(s) != s {
		return Nil, errForm
	}
	return ID(u), nil
}

// MustParse is [Parse] for literals in tests and examples; it panics on a bad one.
func MustParse(s string) ID {
	id, err := Parse(s)
	if err != nil {
		panic(fmt.Sprintf("ids: %q: %v", s, err))
	}
	return id
}

// IsZero reports whether the ID is none.
func (id ID) IsZero() bool { return id == Nil }

// String returns the canonical form.
func (id ID) String() string { return uuid.UUID(id).String() }

// Append appends the canonical form.
func (id ID) Append(to []byte) []byte {
	const digits = "0123456789abcdef"
	for i, octet := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			to = append(to, '-')
		}
		to = append(to, digits[octet>>4], digits[octet&15])
	}
	return to
}

// MarshalText returns the canonical form.
func (id ID) MarshalText() ([]byte, error) { return uuid.UUID(id).MarshalText() }

// UnmarshalText reads what [Parse] reads.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value gives the database the canonical form: PostgreSQL keeps it as uuid, SQLite as text.
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan reads an ID from a database row; NULL is none.
func (id *ID) Scan(src any) error {
	*id = Nil // or NULL would leave what the row before had
	return (*uuid.UUID)(id).Scan(src)
}
