package broadcast

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/broadcast"
)

func TestPayloadsFitAndLoseNothing(t *testing.T) {
	t.Parallel()
	var hints []broadcast.Hint
	for n := range 300 {
		text := strings.Repeat("\x01", min(n, broadcast.MaxText)) // six bytes each as JSON
		hints = append(hints, broadcast.Hint{Topic: text, Key: text, Number: int64(n)})
	}
	var back []broadcast.Hint
	for _, payload := range encode("node", hints) {
		require.Less(t, len(payload), 8000)
		node, some := decode(payload)
		require.Equal(t, "node", node)
		back = append(back, some...)
	}
	require.Equal(t, hints, back)
	require.Empty(t, encode("node", nil))
}

func TestPayloadsFromAnybodyAreRead(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		"", "\n", "node", "node\n", "node\n{}", "node\n[]", `node` + "\n" + `["a","b"]`,
		`node` + "\n" + `["a","b","c"]`, `node` + "\n" + `["a","b",1.5]`, `node` + "\n" + `["a","b",1,2]`, "\x00\n\xff",
	} {
		_, hints := decode(payload)
		require.Empty(t, hints, "%q", payload)
	}
	_, hints := decode("node\nnonsense\n[\"a\",\"b\",1]")
	require.Equal(t, []broadcast.Hint{{Topic: "a", Key: "b", Number: 1}}, hints)
}
