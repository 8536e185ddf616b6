// Package page is how long lists are read: keyset pages, joined by opaque cursors that cannot be misused.
//
// A cursor says where the last page ended, in the order of its list. It is authenticated and bound to its scope: the
// route, parent, filters and sort that it came from. Presented anywhere else it is refused, so a store never sees a
// position that it did not give out.
package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The number of items on a page: what is taken without a limit, and the greatest limit.
const (
	DefaultLimit = 20
	MaxLimit     = 100
)

// ErrCursorMismatch refuses a cursor that was not made here, or not for this list.
var ErrCursorMismatch = &errs.Error{
	Kind: errs.Invalid, Code: "cursor_mismatch", Message: "the cursor does not belong to this list",
	Fields: []errs.Field{{Location: "query.cursor", Message: "must come from the same route, filters and sort"}},
}

// Sort is the order of a list: by a key of the list, then by id in the same direction. Nulls come last both ways.
type Sort struct {
	Key  string // a name of the API, such as created_at
	Desc bool
}

// ParseSort reads the API's form: a key, with a leading "-" for descending.
func ParseSort(s string) Sort {
	key, desc := strings.CutPrefix(s, "-")
	return Sort{Key: key, Desc: desc}
}

// String returns what [ParseSort] reads.
func (s Sort) String() string {
	if s.Desc {
		return "-" + s.Key
	}
	return s.Key
}

// Position is where an item stands in the order of its list.
type Position struct {
	Value *string // the sort key as text, in the store's own form; nil for null
	ID    ids.ID  // breaks ties
}

// Request asks for one page.
type Request struct {
	Limit int // 1…[MaxLimit]
	Sort  Sort
	After *Position // nil: the first page
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  *Position // where to go on; nil when this is the last page
}

// Map returns the page with every item converted.
func Map[T, U any](p Page[T], convert func(T) U) Page[U] {
	items := make([]U, len(p.Items))
	for i, item := range p.Items {
		items[i] = convert(item)
	}
	return Page[U]{Items: items, Next: p.Next}
}

// Codec turns positions into cursors and back.
type Codec struct{ key []byte }

const (
	macSize = 16 // bytes of HMAC-SHA256 that are kept
	isNull  = 0
	isValue = 1
)

// NewCodec returns a codec whose cursors only a holder of the key can make.
func NewCodec(key []byte) *Codec {
	return &Codec{key: append([]byte(nil), key...)}
}

// Encode returns the cursor of a position in the list that scope names: letters, digits, "-" and "_".
func (c *Codec) Encode(scope string, p Position) string {
	payload := make([]byte, 0, macSize+1+len(p.ID)+32)
	if p.Value == nil {
		payload = append(payload, isNull)
	} else {
		payload = append(payload, isValue)
	}
	payload = append(payload, p.ID[:]...)
	if p.Value != nil {
		payload = append(payload, *p.Value...)
	}
	return base64.RawURLEncoding.EncodeToString(append(c.mac(scope, payload), payload...))
}

// Decode returns the position that Encode was given for the same scope, and [ErrCursorMismatch] for anything else.
func (c *Codec) Decode(scope, cursor string) (Position, error) {
	if strings.ContainsAny(cursor, "\r\n") { // which base64 skips, and a second spelling of a cursor is none
		return Position{}, ErrCursorMismatch
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < macSize+1+len(ids.Nil) {
		return Position{}, ErrCursorMismatch
	}
	mac, payload := raw[:macSize], raw[macSize:]
	if !hmac.Equal(mac, c.mac(scope, payload)) {
		return Position{}, ErrCursorMismatch
	}
	p := Position{ID: ids.ID(payload[1 : 1+len(ids.Nil)])}
	if payload[0] == isValue {
		value := string(payload[1+len(p.ID):])
		p.Value = &value
	}
	return p, nil
}

func (c *Codec) mac(scope string, payload []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	// The length of a fixed-size digest of the scope keeps scope and payload apart.
	sum := sha256.Sum256([]byte(scope))
	h.Write(sum[:])
	h.Write(payload)
	return h.Sum(nil)[:macSize]
}
