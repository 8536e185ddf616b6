// Package fieldtest holds the fields of a state to account, so that one that is added to it is not forgotten where the
// state is made, changed, kept or shown.
package fieldtest

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// RequireFilled fails if a field of the state is zero, but for those named.
func RequireFilled(t testing.TB, state any, except ...string) {
	t.Helper()
	for field, value := range reflect.ValueOf(state).Fields() {
		if !slices.Contains(except, field.Name) {
			require.NotZero(t, value.Interface(), "%s: fill it in, so that it is tried", field.Name)
		}
	}
}

// RequireAltered fails if a field is the same before and after, but for those named, which must be the same.
func RequireAltered[T any](t testing.TB, before, after T, fixed ...string) {
	t.Helper()
	for field, value := range reflect.ValueOf(after).Fields() {
		was := reflect.ValueOf(before).FieldByIndex(field.Index).Interface()
		if slices.Contains(fixed, field.Name) {
			require.Equal(t, was, value.Interface(), "%s never changes", field.Name)
		} else {
			require.NotEqual(t, was, value.Interface(), "%s: alter it, so that it is tried", field.Name)
		}
	}
}
