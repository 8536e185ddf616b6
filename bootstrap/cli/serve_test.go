package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/cli"
	"fasttrack/e2e/harness"
)

var started = regexp.MustCompile(`msg=serving address=(\S+) `)

// address waits until a server has said where it listens.
func address(t *testing.T, log *harness.Log) string {
	t.Helper()
	for deadline := time.Now().Add(harness.Patience); ; {
		if found := started.FindStringSubmatch(log.String()); found != nil {
			return found[1]
		}
		require.True(t, time.Now().Before(deadline), "it does not serve:\n%s", log)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: harness.Patience}
	answer, err := client.Get(url)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

func TestServe(t *testing.T) {
	each(t, empty, func(t *testing.T, env map[string]string) {
		for _, args := range [][]string{nil, {"serve"}} {
			log, stop := serving(t, env, args...)
			where := address(t, log)
			require.Equal(t, 200, get(t, "http://"+where+"/readyz"))
			require.Contains(t, log.String(), "docs=http://"+where+"/docs")
			require.Contains(t, log.String(), "environment=development")
			require.NotContains(t, log.String(), secret)
			require.NotContains(t, log.String(), ":pgtdbpass@")
			require.Zero(t, stop())
		}
	})
}

func TestServeOnEveryAddressNamesOneForABrowser(t *testing.T) {
	t.Parallel()
	env := with(settings(dbtest.URL(t, database.SQLite)), "ADDR", ":0")
	log, stop := serving(t, env)
	address(t, log)
	require.Regexp(t, `docs=http://localhost:\d+/docs`, log.String())
	require.Zero(t, stop())
}

func TestServeInProduction(t *testing.T) {
	t.Parallel()
	env := with(settings(dbtest.URL(t, database.SQLite)), "ENVIRONMENT", "production", "LOG_FORMAT", "",
		"DRAIN_DELAY", "0s", "ARGON2_MEMORY_KIB", "", "ARGON2_ITERATIONS", "")
	log, stop := serving(t, env)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), `"msg":"serving"`) }, harness.Patience, time.Millisecond)
	require.Zero(t, stop())
	for line := range strings.Lines(log.String()) {
		require.True(t, json.Valid([]byte(line)), line)
	}
}

func TestDemoFillsAnEmptyDatabaseOnce(t *testing.T) {
	each(t, empty, func(t *testing.T, env map[string]string) {
		printed := requireDone(t, fasttrack(t, env, "demo"))
		login := regexp.MustCompile(`^Log in as ann@example.com \(or bob@, cleo@\), password (\S+)\n$`).FindStringSubmatch(printed)
		require.NotNil(t, login, printed)
		again := fasttrack(t, env, "demo")
		require.Empty(t, again.out)
		requireFailure(t, again, "fasttrack demo", "demo fills an empty database only")

		p := harness.Start(t, env["DATABASE_URL"])
		for _, name := range []string{"ann", "bob", "cleo"} {
			person := p.Login(name+"@example.com", login[1])
			require.NotEmpty(t, harness.All[harness.Project](person.Client, "/projects"), name)
			require.NotEmpty(t, harness.All[harness.Task](person.Client, "/tasks"), name)
			require.NotEmpty(t, person.Feed(), name)
		}
	})
}

func TestDemoRefusesWhereSomebodyIs(t *testing.T) {
	t.Parallel()
	env := settings(dbtest.URL(t, database.SQLite))
	p := harness.Start(t, env["DATABASE_URL"])
	p.Register("Ann")
	p.Stop()
	requireFailure(t, fasttrack(t, env, "demo"), "fasttrack demo", "there are users already")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	require.Equal(t, bootstrap.Version()+"\n", requireDone(t, fasttrack(t, nil, "version")))
}

// The linker stamps the version, as the Makefile and the Dockerfile tell it to; otherwise the commit stands in.
func TestVersionOfABinary(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fasttrack")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X fasttrack/bootstrap.version=1.2.3-test",
		"-o", path, "fasttrack/bootstrap/cmd/fasttrack")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	printed, err := exec.CommandContext(t.Context(), path, "version").Output()
	require.NoError(t, err)
	require.Equal(t, "1.2.3-test\n", string(printed))

	wrong := exec.CommandContext(t.Context(), path, "serv")
	require.Error(t, wrong.Run())
	require.Equal(t, 2, wrong.ProcessState.ExitCode())
}

// The first signal lets the program drain, a second one ends it at once.
func TestSignals(t *testing.T) {
	t.Parallel()
	p := harness.Launch(t, dbtest.URL(t, database.SQLite), "DRAIN_DELAY=1h")
	p.Terminate()
	for deadline := time.Now().Add(harness.Patience); get(t, p.URL+"/readyz") != 503; {
		require.True(t, time.Now().Before(deadline), "it does not drain")
	}
	require.Equal(t, 200, get(t, p.URL+"/livez"))
	p.Terminate()
	require.Equal(t, -1, p.ExitCode(), "killed by %s", syscall.SIGTERM)

	p = harness.Launch(t, dbtest.URL(t, database.SQLite), "DRAIN_DELAY=1ms")
	p.Terminate()
	require.Zero(t, p.ExitCode(), p.Log)
}

// A command that is told to stop while it works fails, and says so.
func TestACommandThatIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log harness.Log
	env := settings("sqlite://" + t.TempDir() + "/ft.db")
	require.Equal(t, 1, cli.RunIn(ctx, variables(env), []string{"migrate", "up"}, &log, &log))
	require.Contains(t, log.String(), "context canceled")
}

// A server that is started before its database waits for it, and says so; told to stop meanwhile, it stops.
func TestServeWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	there, err := url.Parse(dbtest.URL(t, database.Postgres))
	require.NoError(t, err)
	real := there.Host
	there.Host = listener.Addr().String()
	require.NoError(t, listener.Close())
	env := settings(there.String())

	log, stop := serving(t, env)
	waits := func() bool { return strings.Contains(log.String(), "waiting for the database") }
	require.Eventually(t, waits, harness.Patience, time.Millisecond)
	require.NotContains(t, log.String(), "pgtdbpass")
	require.Zero(t, stop())
	require.NotContains(t, log.String(), "serving")

	log, stop = serving(t, env)
	require.Eventually(t, waits, harness.Patience, time.Millisecond)
	listener, err = config.Listen(t.Context(), "tcp", there.Host)
	require.NoError(t, err)
	go forward(listener, real)
	require.Equal(t, 200, get(t, "http://"+address(t, log)+"/readyz"))
	require.Zero(t, stop())
	require.NoError(t, listener.Close())
}

// forward passes connections on until the listener is closed.
func forward(listener net.Listener, to string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		other, err := net.Dial("tcp", to)
		if err != nil {
			_ = conn.Close()
			continue
		}
		for _, way := range [][2]net.Conn{{conn, other}, {other, conn}} {
			go func() {
				_, _ = io.Copy(way[0], way[1])
				_ = way[0].Close()
			}()
		}
	}
}

// What waiting does not mend ends at once.
func TestServeDoesNotWaitForARightPassword(t *testing.T) {
	t.Parallel()
	there, err := url.Parse(dbtest.URL(t, database.Postgres))
	require.NoError(t, err)
	there.User = url.UserPassword("nobody-here", "sesame")
	o := fasttrack(t, settings(there.String()), "serve")
	requireFailure(t, o, "fasttrack serve", "cannot be opened")
	require.NotContains(t, o.errOut, "sesame")
}
