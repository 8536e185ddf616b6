package cli_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/cli"
)

// What watch prints is shown by the README, whose commands the suite runs.
func TestWatchSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no token":     {[]string{"watch"}, 2, "--token is missing"},
		"no web URL":   {[]string{"watch", "--token", "x", "--url", "ftp://localhost"}, 2, "--url must be like"},
		"no host":      {[]string{"watch", "--token", "x", "--url", "localhost:8000"}, 2, "--url must be like"},
		"nobody there": {[]string{"watch", "--token", "x", "--url", "http://127.0.0.1:1"}, 1, "open the socket"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			code := cli.Run(t.Context(), c.args, &out, &errOut)
			require.Equal(t, c.code, code, errOut.String())
			require.Contains(t, errOut.String(), c.says)
			require.Empty(t, out.String())
		})
	}
}
