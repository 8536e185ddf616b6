// Package patch tells an absent member of a PATCH from one that is null.
package patch

import "encoding/json"

// Nullable is a member that may be absent (leave the value), null (clear it) or a value (set it). For a member that
// cannot be null a pointer does: nil is absent.
type Nullable[T any] struct {
	Set   bool // the member was there
	Value *T   // nil: null
}

// To returns a member with a value.
func To[T any](v T) Nullable[T] { return Nullable[T]{Set: true, Value: &v} }

// Null returns a member that is null.
func Null[T any]() Nullable[T] { return Nullable[T]{Set: true} }

// UnmarshalJSON is called only for a member that is there.
func (n *Nullable[T]) UnmarshalJSON(data []byte) error {
	n.Set = true
	return json.Unmarshal(data, &n.Value)
}

// MarshalJSON writes the value or null; whether the member is written at all is up to omitzero.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }
