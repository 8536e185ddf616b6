package patch_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/shared/patch"
)

// Whatever a PATCH holds, each member is absent, null or its value, whatever the other members are and in whatever
// order they come; and what was read is written as it was.
func TestEveryMemberIsReadForItself(t *testing.T) {
	t.Parallel()
	title := rapid.OneOf(rapid.Just(patch.Nullable[string]{}), rapid.Just(patch.Null[string]()),
		rapid.Map(rapid.String(), patch.To[string]))
	size := rapid.OneOf(rapid.Just(patch.Nullable[int]{}), rapid.Just(patch.Null[int]()),
		rapid.Map(rapid.Int(), patch.To[int]))
	rapid.Check(t, func(t *rapid.T) {
		want := body{Title: title.Draw(t, "title"), Size: size.Draw(t, "size")}
		members := map[string]any{}
		if want.Title.Set {
			members["title"] = want.Title.Value
		}
		if want.Size.Set {
			members["size"] = want.Size.Value
		}
		sent, err := json.Marshal(members)
		require.NoError(t, err)
		var got body
		require.NoError(t, json.Unmarshal(sent, &got))
		require.Equal(t, want, got)

		back, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(sent), string(back))
		var again body
		require.NoError(t, json.Unmarshal(back, &again))
		require.Equal(t, want, again)
	})
}

// A member that is used twice, as decoders of pages do, does not remember what it held.
func TestAMemberForgetsWhatItHeld(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var n patch.Nullable[string]
		for _, text := range rapid.SliceOf(rapid.Ptr(rapid.String(), true)).Draw(t, "texts") {
			sent, err := json.Marshal(text)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(sent, &n))
			require.True(t, n.Set)
			if text == nil {
				require.Nil(t, n.Value)
			} else {
				require.Equal(t, json.RawMessage(sent), json.RawMessage(must(json.Marshal(*n.Value))))
			}
		}
	})
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}
