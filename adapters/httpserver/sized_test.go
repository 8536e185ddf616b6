package httpserver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An answer that was marshalled as a whole tells its length; one that is written piece by piece does not.
func TestABodyGoesOutWithItsLength(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &sized{ResponseWriter: w}
		answer.WriteHeader(http.StatusAccepted)
		switch r.URL.Path {
		case "/whole":
			_ = jsonFormat.Marshal(answer, large)
		case "/pieces":
			_, _ = answer.Write([]byte("a"))
			answer.Flush()
			answer.announce(1) // too late
			_, _ = answer.Write([]byte("b"))
		}
		answer.begin()
	}))
	defer server.Close()
	for path, length := range map[string]int64{"/whole": int64(len(large)) + 2, "/pieces": -1, "/nothing": 0} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		answer, err := server.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusAccepted, answer.StatusCode)
		require.Equal(t, length, answer.ContentLength, path)
	}
}
