package patch_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/patch"
)

type body struct {
	Title patch.Nullable[string] `json:"title,omitzero"`
	Size  patch.Nullable[int]    `json:"size,omitzero"`
}

func TestAbsentNullAndValueAreThreeThings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		json string
		want body
	}{
		{`{}`, body{}},
		{`{"title":null}`, body{Title: patch.Null[string]()}},
		{`{"title":""}`, body{Title: patch.To("")}},
		{`{"title":"x","size":7}`, body{Title: patch.To("x"), Size: patch.To(7)}},
	} {
		t.Run(c.json, func(t *testing.T) {
			t.Parallel()
			var got body
			require.NoError(t, json.Unmarshal([]byte(c.json), &got))
			require.Equal(t, c.want, got)

			back, err := json.Marshal(got)
			require.NoError(t, err)
			require.Equal(t, c.json, string(back))
		})
	}
}

func TestTheLastOfTwoMembersCounts(t *testing.T) {
	t.Parallel()
	var got body
	require.NoError(t, json.Unmarshal([]byte(`{"title":"x","title":null}`), &got))
	require.Equal(t, patch.Null[string](), got.Title)
}

func TestAValueOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	var got body
	require.Error(t, json.Unmarshal([]byte(`{"size":"7"}`), &got))
}
