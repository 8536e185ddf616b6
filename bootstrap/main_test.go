package bootstrap_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// No goroutine outlives a program: neither one that ran nor one that could not start.
func TestMain(m *testing.M) { harness.Main(m) }

const (
	strong   = "kX9v2mQ7rT4yZ1bN6cW8eH3jL5pS0dF-aGuIoYtR"
	patience = 30 * time.Second // longer than SHUTDOWN_TIMEOUT
)

// each runs the test with the address of a database of each dialect, made by make.
func each(t *testing.T, address func(testing.TB, database.Dialect) string, test func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, address(t, dialect))
		})
	}
}

// configured is the configuration of a program under test.
func configured(t *testing.T, databaseURL string, pairs ...string) *config.Config {
	t.Helper()
	given := map[string]string{
		"DATABASE_URL": databaseURL, "SECRET_KEY": strong, "ADDR": "127.0.0.1:0", "DB_MAX_OPEN_CONNS": "6",
		"DB_MIN_IDLE_CONNS": "0", "ARGON2_MEMORY_KIB": "64", "ARGON2_ITERATIONS": "1",
		"MAIL_OUTBOX": t.TempDir(),
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		given[pairs[i]] = pairs[i+1]
	}
	cfg, err := config.Parse(given)
	require.NoError(t, err)
	return cfg
}

// running is a program under test whose end is of interest.
type running struct {
	t       *testing.T
	app     *bootstrap.App
	url     string
	log     *harness.Log
	stop    context.CancelFunc // tells it to stop, and does not wait
	ended   chan error
	clients *http.Client
}

// launch runs a program; prepare may change it before.
func launch(t *testing.T, cfg *config.Config, prepare ...func(*bootstrap.App)) *running {
	t.Helper()
	r := &running{t: t, log: &harness.Log{}, ended: make(chan error, 1)}
	app, err := bootstrap.New(t.Context(), cfg, slog.New(slog.NewTextHandler(r.log, nil)))
	require.NoError(t, err)
	r.app = app
	for _, p := range prepare {
		p(app)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	r.stop = stop
	started := make(chan net.Addr, 1)
	go func() { r.ended <- app.Run(ctx, func(a net.Addr) { started <- a }) }()
	select {
	case a := <-started:
		r.url = "http://" + a.String()
	case err := <-r.ended:
		require.NotEmpty(t, started, "it ended before it started: %v", err)
		r.ended <- err // it did start, and has ended already
	}
	transport := &http.Transport{DisableKeepAlives: true}
	r.clients = &http.Client{Transport: transport, Timeout: patience}
	return r
}

// end waits until the program has ended, and returns why.
func (r *running) end() error {
	r.t.Helper()
	// One that was opened and had no request yet would be waited for.
	r.clients.CloseIdleConnections()
	return await(r.t, r.ended)
}

// get returns the status of a page.
func (r *running) get(path string) int {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, nil)
	require.NoError(r.t, err)
	answer, err := r.clients.Do(request)
	require.NoError(r.t, err)
	require.NoError(r.t, answer.Body.Close())
	return answer.StatusCode
}

// eventually waits until something is so. It is for what nobody tells a test of.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		require.True(t, time.Now().Before(deadline), "it never comes to be so")
	}
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happens")
		panic("unreachable")
	}
}

func migrated(t testing.TB, dialect database.Dialect) string { return dbtest.URL(t, dialect) }

func empty(t testing.TB, dialect database.Dialect) string { return dbtest.Empty(t, dialect) }
