package bootstrap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

var errBroken = errors.New("it broke")

// breakable is a part that fails when it is told to.
func breakable() (breakIt func(), add func(*bootstrap.App)) {
	broken := make(chan struct{})
	return func() { close(broken) }, func(a *bootstrap.App) {
		a.AddPart("breakable", func(ctx context.Context) error {
			select {
			case <-broken:
				return errBroken
			case <-ctx.Done():
				return nil
			}
		})
	}
}

// While it drains, a node says that it is not ready and serves all the same. What fails then ends the draining.
func TestDraining(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		breakIt, add := breakable()
		r := launch(t, configured(t, url, "DRAIN_DELAY", "1h"), add)
		require.Equal(t, 200, r.get("/readyz"))
		r.stop()
		eventually(t, func() bool { return r.get("/readyz") == 503 })
		require.Equal(t, 200, r.get("/livez"))
		require.Equal(t, 200, r.get("/health"))
		require.Equal(t, 401, r.get("/api/v1/tasks"), "it serves")
		breakIt()
		err := r.end()
		require.ErrorIs(t, err, errBroken)
		require.EqualError(t, err, "breakable: it broke")
	})
}

func TestAProgramThatIsToldToStopEndsWell(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		r := launch(t, configured(t, url, "DRAIN_DELAY", "10ms"))
		require.Equal(t, 200, r.get("/readyz"))
		r.stop()
		require.NoError(t, r.end())
		require.Error(t, r.app.Database().Ping(t.Context()), "the database is closed")
		_, err := r.clients.Get(r.url + "/livez")
		require.True(t, harness.IsGone(err), "%v", err)
		require.Contains(t, r.log.String(), "msg=stopping drain_delay=10ms")
		require.NotContains(t, r.log.String(), "level=ERROR")
		require.NotContains(t, r.log.String(), "level=WARN")
	})
}

// A part that fails takes the program with it, in order; the program says which it was.
func TestAPartThatFailsStopsTheProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  func(told context.Context) error
		says string
	}{
		"by an error":       {func(context.Context) error { return errBroken }, "part: it broke"},
		"by nothing at all": {func(context.Context) error { return nil }, "part: it ended before it was told to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var before []string // what was still there when the others were told
			r := launch(t, configured(t, dbtest.URL(t, database.SQLite), "DRAIN_DELAY", "1h"), func(a *bootstrap.App) {
				a.AddPart("witness", func(ctx context.Context) error {
					<-ctx.Done()
					if a.Database().Ping(context.Background()) == nil {
						before = append(before, "database")
					}
					return ctx.Err()
				})
				a.AddPart("part", c.run)
			})
			require.EqualError(t, r.end(), c.says)
			require.Equal(t, []string{"database"}, before)
			require.Contains(t, r.log.String(), "since a part of the program failed")
		})
	}
}

// Everything that fails is told, however many it is, and nothing waits for ever.
func TestPartsThatFailTogether(t *testing.T) {
	t.Parallel()
	const many = 10
	r := launch(t, configured(t, dbtest.URL(t, database.SQLite)), func(a *bootstrap.App) {
		for i := range many {
			a.AddPart(fmt.Sprintf("early %d", i), func(context.Context) error { return errBroken })
			a.AddPart(fmt.Sprintf("late %d", i), func(ctx context.Context) error {
				<-ctx.Done()
				return errBroken
			})
		}
	})
	err := r.end()
	for i := range many {
		require.ErrorContains(t, err, fmt.Sprintf("early %d: it broke", i))
		require.ErrorContains(t, err, fmt.Sprintf("late %d: it broke", i))
	}
}

// Parts stop in the reverse order of their start, each before the next is told.
func TestPartsStopInOrder(t *testing.T) {
	t.Parallel()
	var stopped []string // one at a time, or the race detector tells
	r := launch(t, configured(t, dbtest.URL(t, database.SQLite)), func(a *bootstrap.App) {
		for _, name := range []string{"first", "second", "third"} {
			a.AddPart(name, func(ctx context.Context) error {
				<-ctx.Done()
				stopped = append(stopped, name)
				return nil
			})
		}
	})
	r.stop()
	require.NoError(t, r.end())
	require.Equal(t, []string{"third", "second", "first"}, stopped)
}

// slowRequest begins a request that the server waits for; finish sends the rest of it and returns the answer.
func (r *running) slowRequest() (finish func() (*http.Response, error)) {
	r.t.Helper()
	rest, write := io.Pipe()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/api/v1/auth/register", rest)
	require.NoError(r.t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Expect", "100-continue") // nothing is sent before the handler wants it
	transport := &http.Transport{ExpectContinueTimeout: time.Hour}
	r.t.Cleanup(transport.CloseIdleConnections)
	type outcome struct {
		answer *http.Response
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		answer, err := transport.RoundTrip(request)
		done <- outcome{answer, err}
	}()
	_, err = write.Write([]byte(`{"email": "ann@example.com", `)) // returns once the handler reads
	require.NoError(r.t, err)
	return func() (*http.Response, error) {
		_, _ = io.WriteString(write, `"password": "correct horse battery"}`)
		_ = write.Close()
		o := await(r.t, done)
		return o.answer, o.err
	}
}

// refuses reports whether nobody accepts connections.
func (r *running) refuses() bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err == nil {
		_ = conn.Close()
	}
	return err != nil
}

func TestRequestsUnderWayAreFinished(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		r := launch(t, configured(t, url))
		finish := r.slowRequest()
		r.stop()
		eventually(t, r.refuses)
		answer, err := finish()
		require.NoError(t, err)
		defer func() { _ = answer.Body.Close() }()
		require.Equal(t, http.StatusCreated, answer.StatusCode)
		require.NoError(t, r.end())
	})
}

func TestRequestsThatTakeTooLongAreCutOff(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		r := launch(t, configured(t, url, "SHUTDOWN_TIMEOUT", "50ms"))
		finish := r.slowRequest()
		r.stop()
		require.NoError(t, r.end())
		require.Contains(t, r.log.String(), "requests were cut off")
		answer, err := finish()
		if err == nil {
			_ = answer.Body.Close()
		}
		require.Error(t, err)
	})
}

func TestSocketsAreToldThatTheNodeGoesAway(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Start(t, url)
		ann := p.Register("Ann")
		sockets := []*harness.Socket{ann.Socket(""), ann.Socket("")}
		p.Stop()
		for _, s := range sockets {
			s.ExpectClose(1001)
		}
	})
}

func TestAnAddressThatCannotBeListenedOn(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	for address, says := range map[string]string{
		taken.Addr().String(): "another program listens on " + taken.Addr().String() + " already: stop it, or set ADDR",
		"192.0.2.1:8000":      "cannot assign requested address: set ADDR to an address of this machine",
	} {
		cfg := configured(t, dbtest.URL(t, database.SQLite), "ADDR", address)
		app, err := bootstrap.New(t.Context(), cfg, discard)
		require.NoError(t, err)
		err = app.Run(t.Context(), func(net.Addr) { t.Error("it says that it runs") })
		require.ErrorContains(t, err, says)
		require.Error(t, app.Database().Ping(t.Context()), "the database is closed")
	}
}

// A program whose database is away ends soon, and says what it could not reach without telling the password.
func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts, and never answers
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	nobody := silent.Addr().(*net.TCPAddr)
	for name, c := range map[string]struct{ url, says string }{
		"refused":     {"postgres://ann:sesame@127.0.0.1:1/db", "connection refused"},
		"silent":      {"postgres://ann:sesame@" + nobody.String() + "/db", "context deadline exceeded"},
		"no database": {missing(t), "does not exist"},
		"no folder":   {"sqlite:///proc/nowhere/ft.db", "create the directory"},
		"a folder":    {"sqlite://" + t.TempDir(), "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := bootstrap.New(t.Context(), configured(t, c.url, "DB_ACQUIRE_TIMEOUT", "300ms"), discard)
			require.ErrorContains(t, err, "cannot be opened: ")
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "check DATABASE_URL")
			require.NotContains(t, err.Error(), "sesame")
			require.NotContains(t, err.Error(), "\n")
			require.Less(t, time.Since(began), patience)
		})
	}
}

// missing is the address of a database that a server does not have.
func missing(t *testing.T) string {
	t.Helper()
	url := dbtest.URL(t, database.Postgres)
	path, query, _ := strings.Cut(url, "?")
	return path + "_missing?" + query
}

// The superuser is made before anybody is let in, once, by however many nodes start together.
func TestTheFirstSuperuser(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		superuser := harness.Configure(func(c *config.Config) { c.FirstSuperuserEmail = "root@example.com" })
		first := harness.Start(t, url, superuser)
		second := harness.Start(t, url, superuser)
		for _, p := range []*harness.Program{first, second} {
			require.Equal(t, "admin", p.Login("root@example.com", harness.AdminPassword).Role)
		}
		first.ExpectEvents("identity.user_registered", "projects.project_created")
		second.ExpectEvents()
	})
}
