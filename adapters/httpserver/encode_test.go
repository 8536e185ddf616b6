package httpserver

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

type word string

type encodedInner struct {
	ID    ids.ID     `json:"id"`
	Maybe *ids.ID    `json:"maybe"`
	Done  bool       `json:"done"`
	Due   *Timestamp `json:"due"`
}

type encodedOuter struct {
	Title    string            `json:"title"`
	Word     word              `json:"word"`
	Count    int64             `json:"count"`
	Small    int16             `json:"small"`
	Part     float64           `json:"part"`
	At       Timestamp         `json:"at"`
	Standard time.Time         `json:"standard"`
	Inner    encodedInner      `json:"inner"`
	Items    []encodedInner    `json:"items"`
	Texts    []string          `json:"te<xts"`
	Bytes    []byte            `json:"bytes"`
	Any      any               `json:"any"`
	ByName   map[string]string `json:"by_name"`
	Self     *encodedOuter     `json:"self"`
	Raw      json.RawMessage   `json:"raw"`
}

type encodedOptional struct {
	Title string `json:"title,omitempty"`
	Plain string
	encodedInner
}

func byStandard(t require.TestingT, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(v))
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// Bodies are what encoding/json makes of them, byte for byte: entity tags and kept answers depend on it.
func TestBodiesAreWhatTheStandardLibraryWrites(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("aä<>&\"\\/\n\t\b\x00\x1f\x7f\u2028\u2029\ufffd😀"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	at := rapid.Map(rapid.Int64Range(-1<<40, 1<<54), func(us int64) Timestamp { return Timestamp(clock.Normal(time.UnixMicro(us))) })
	id := rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) ids.ID { return ids.ID(b) })
	inner := rapid.Custom(func(t *rapid.T) encodedInner {
		return encodedInner{
			ID: id.Draw(t, "id"), Maybe: rapid.Ptr(id, true).Draw(t, "maybe"), Done: rapid.Bool().Draw(t, "done"),
			Due: rapid.Ptr(at, true).Draw(t, "due"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		body := encodedOuter{
			Title: text.Draw(t, "title"), Word: word(text.Draw(t, "word")), Count: rapid.Int64().Draw(t, "count"),
			Small: rapid.Int16().Draw(t, "small"), Part: rapid.Float64Range(-1e30, 1e30).Draw(t, "part"), At: at.Draw(t, "at"),
			Inner: inner.Draw(t, "inner"), Items: rapid.SliceOf(inner).Draw(t, "items"),
			Texts: rapid.SliceOf(text).Draw(t, "texts"), Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"),
			Any:    rapid.SampledFrom([]any{nil, 1, "<", []string{}, map[string]any{"b": 1, "a": 2}}).Draw(t, "any"),
			ByName: rapid.MapOf(text, text).Draw(t, "map"), Raw: json.RawMessage(`{"a":1}`),
		}
		if rapid.Bool().Draw(t, "nested") {
			body.Self = &encodedOuter{Title: "inside", Raw: json.RawMessage("null")}
		}
		for _, v := range []any{body, &body, body.Items, Items[encodedInner]{Items: body.Items}, body.Title} {
			got, err := marshalJSON(v)
			require.NoError(t, err)
			require.Equal(t, byStandard(t, v), string(got))
		}
		optional := encodedOptional{Title: body.Title, Plain: "p", encodedInner: body.Inner}
		got, err := marshalJSON(optional)
		require.NoError(t, err)
		require.Equal(t, byStandard(t, optional), string(got))
	})
	_, err := marshalJSON(struct {
		C chan int `json:"c"`
	}{make(chan int)})
	require.Error(t, err)
}
