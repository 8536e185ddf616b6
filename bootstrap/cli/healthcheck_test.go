package cli_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	env := settings(dbtest.URL(t, database.SQLite))
	log, stop := serving(t, env)
	there := with(env, "ADDR", address(t, log))
	require.Equal(t, "ready\n", requireDone(t, fasttrack(t, there, "healthcheck")))
	require.Zero(t, stop())
	requireFailure(t, fasttrack(t, there, "healthcheck"), "fasttrack healthcheck", "is the server running?")
	requireFailure(t, fasttrack(t, env, "healthcheck"), "fasttrack healthcheck", "set a fixed one")
}

func TestHealthcheckOfAServerThatIsNotReady(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("draining"))
	}))
	defer server.Close()
	env := with(settings(dbtest.URL(t, database.SQLite)), "ADDR", server.Listener.Addr().String())
	requireFailure(t, fasttrack(t, env, "healthcheck"), "fasttrack healthcheck", "is not ready: 503 Service Unavailable draining")
}
