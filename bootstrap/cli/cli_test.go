package cli_test

import (
	"bytes"
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/bootstrap/cli"
	"fasttrack/e2e/harness"
)

// No goroutine outlives a command.
func TestMain(m *testing.M) { harness.Main(m) }

const secret = "kX9v2mQ7rT4yZ1bN6cW8eH3jL5pS0dF-aGuIoYtR"

// outcome is what a command came to.
type outcome struct {
	code        int
	out, errOut string
}

// fasttrack runs a command in an environment of its own.
func fasttrack(t *testing.T, environ map[string]string, args ...string) outcome {
	t.Helper()
	var out, errOut bytes.Buffer
	code := cli.RunIn(t.Context(), variables(environ), args, &out, &errOut)
	return outcome{code, out.String(), errOut.String()}
}

func variables(environ map[string]string) []string {
	var list []string
	for key, value := range environ {
		list = append(list, key+"="+value)
	}
	return list
}

// requireDone demands that a command did what it was told to, and returns what it printed.
func requireDone(t *testing.T, o outcome) string {
	t.Helper()
	require.Zero(t, o.code, o.errOut)
	require.Empty(t, o.errOut)
	return o.out
}

// requireFailure demands exit code 1 and one line that begins with the command and says so.
func requireFailure(t *testing.T, o outcome, command, says string) {
	t.Helper()
	require.Equal(t, 1, o.code)
	require.True(t, strings.HasPrefix(o.errOut, command+": "), o.errOut)
	require.Contains(t, o.errOut, says)
	require.Equal(t, 1, strings.Count(o.errOut, "\n"), o.errOut)
	require.NotContains(t, o.errOut, "Usage")
}

// each runs the test with the settings for a database of each dialect, made by make.
func each(
	t *testing.T, address func(testing.TB, database.Dialect) string, test func(t *testing.T, env map[string]string),
) {
	t.Helper()
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, settings(address(t, dialect)))
		})
	}
}

func settings(databaseURL string) map[string]string {
	return map[string]string{
		"DATABASE_URL": databaseURL, "SECRET_KEY": secret, "ADDR": "127.0.0.1:0", "DB_MIN_IDLE_CONNS": "0",
		"ARGON2_MEMORY_KIB": "64", "ARGON2_ITERATIONS": "1", "LOG_FORMAT": "text",
	}
}

// with is the settings with some of them otherwise: pairs of key and value.
func with(env map[string]string, pairs ...string) map[string]string {
	changed := maps.Clone(env)
	for i := 0; i+1 < len(pairs); i += 2 {
		changed[pairs[i]] = pairs[i+1]
	}
	return changed
}

// Wrong use is told in one line and a hint, and ends with 2, before anything is read or done.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args    string
		command string
		says    string
	}{
		{"serv", "fasttrack", `unknown command or argument "serv"`},
		{"--prot 80", "fasttrack", "unknown flag: --prot"},
		{"serve now", "fasttrack serve", `unknown command or argument "now"`},
		{"serve --port 80", "fasttrack serve", "unknown flag: --port"},
		{"config x", "fasttrack config", `unknown command or argument "x"`},
		{"version x", "fasttrack version", `unknown command or argument "x"`},
		{"events x", "fasttrack events", `unknown command or argument "x"`},
		{"openapi x", "fasttrack openapi", `unknown command or argument "x"`},
		{"openapi --yml", "fasttrack openapi", "unknown flag: --yml"},
		{"openapi --yaml=perhaps", "fasttrack openapi", "invalid argument"},
		{"demo x", "fasttrack demo", `unknown command or argument "x"`},
		{"migrate", "fasttrack migrate", "say what to do: up, down"},
		{"migrate upp", "fasttrack migrate", `unknown command or argument "upp"`},
		{"migrate up x", "fasttrack migrate up", `unknown command or argument "x"`},
		{"migrate status x", "fasttrack migrate status", `unknown command or argument "x"`},
		{"migrate current x", "fasttrack migrate current", `unknown command or argument "x"`},
		{"migrate check x", "fasttrack migrate check", `unknown command or argument "x"`},
		{"migrate down x", "fasttrack migrate down", `"x" is not a number of migrations`},
		{"migrate down 0", "fasttrack migrate down", `"0" is not a number of migrations`},
		{"migrate down 1.5", "fasttrack migrate down", `"1.5" is not a number of migrations`},
		{"migrate down 1 2", "fasttrack migrate down", "one number at most"},
		{"migrate down -1", "fasttrack migrate down", "unknown shorthand flag"},
		{"migrate create", "fasttrack migrate create", "takes one name"},
		{"migrate create a b", "fasttrack migrate create", "takes one name"},
	} {
		// The settings would be refused, but are not asked for.
		o := fasttrack(t, map[string]string{"ENVIRONMENT": "nonsense"}, strings.Fields(c.args)...)
		require.Equal(t, 2, o.code, c.args)
		require.Empty(t, o.out, c.args)
		lines := strings.Split(strings.TrimSpace(o.errOut), "\n")
		require.Len(t, lines, 2, o.errOut)
		require.True(t, strings.HasPrefix(lines[0], c.command+": "), o.errOut)
		require.Contains(t, lines[0], c.says)
		require.Equal(t, "Try: "+c.command+" --help", lines[1])
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		help := requireDone(t, fasttrack(t, nil, args...))
		for _, command := range []string{"serve", "demo", "migrate", "config", "openapi", "events", "watch", "version", "admin", "user"} {
			require.Contains(t, help, "\n  "+command+" ")
		}
	}
	help := requireDone(t, fasttrack(t, nil, "migrate", "--help"))
	for _, command := range []string{"up", "down", "status", "current", "check", "create"} {
		require.Contains(t, help, "\n  "+command+" ")
	}
}

// A configuration that cannot be used fails each command that needs one with a list of all that is wrong.
func TestAConfigurationThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"ENVIRONMENT": "production", "SECRET_KEY": "sesame", "CORS_ORIGINS": "*", "DB_MAX_OPEN_CONNS": "many", "CSP_MODE": "lax",
	}
	for _, command := range []string{"", "serve", "demo", "config", "migrate up", "migrate down", "migrate status", "migrate check"} {
		o := fasttrack(t, env, strings.Fields(command)...)
		require.Equal(t, 1, o.code, command)
		require.Empty(t, o.out, command)
		require.True(t, strings.HasPrefix(o.errOut, strings.TrimSpace("fasttrack "+command)+": "), o.errOut)
		for _, key := range []string{"SECRET_KEY", "CORS_ORIGINS", "DB_MAX_OPEN_CONNS", "CSP_MODE"} {
			require.Contains(t, o.errOut, "\n  - "+key, command)
		}
		require.NotContains(t, o.errOut, "sesame")
	}
}

func TestConfigShowsWhatIsInForce(t *testing.T) {
	t.Parallel()
	shown := requireDone(t, fasttrack(t, settings("postgres://ann:sesame@h/d"), "config"))
	require.Contains(t, shown, "DATABASE_URL=postgres://ann:xxxxx@h/d\n")
	require.Contains(t, shown, "ADDR=127.0.0.1:0\n")
	require.Contains(t, shown, "ENVIRONMENT=development\n")
	require.NotContains(t, shown, secret)
	require.NotContains(t, shown, "sesame")
}

// What the program is does not depend on where it runs: these commands need no settings, not even usable ones.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	env := map[string]string{"ENVIRONMENT": "nonsense"}
	asJSON := requireDone(t, fasttrack(t, env, "openapi"))
	require.True(t, strings.HasPrefix(asJSON, "{"))
	require.Contains(t, asJSON, `"/api/v1/projects/{id}"`)
	asYAML := requireDone(t, fasttrack(t, env, "openapi", "--yaml"))
	require.True(t, strings.HasPrefix(asYAML, "components:") || strings.Contains(asYAML, "\nopenapi: 3.1"))
	require.YAMLEq(t, asJSON, asYAML)
	require.Equal(t, asJSON, requireDone(t, fasttrack(t, env, "openapi")), "the same each time")
}

func TestEvents(t *testing.T) {
	t.Parallel()
	lines := strings.Split(requireDone(t, fasttrack(t, map[string]string{"ENVIRONMENT": "nonsense"}, "events")), "\n")
	at := slices.Index(lines, "projects.project_deleted (projects)")
	require.NotEqual(t, -1, at)
	require.Contains(t, lines[at+1:at+4], "  → tasks.forget_deleted_project, in the transaction")
	require.Contains(t, lines, "  → notifications.notify, before commit")
	require.Contains(t, lines, "  → notifications.push, after commit")
}

func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	env := settings("postgres://ann:sesame@127.0.0.1:1/db")
	for _, command := range []string{"demo", "migrate up", "migrate down", "migrate status", "migrate current", "migrate check"} {
		o := fasttrack(t, env, strings.Fields(command)...)
		requireFailure(t, o, "fasttrack "+command, "the database postgres://ann:xxxxx@127.0.0.1:1/db cannot be opened")
		require.Empty(t, o.out)
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	env := with(settings("sqlite://"+t.TempDir()+"/ft.db"), "ADDR", taken.Addr().String(), "LOG_LEVEL", "error")
	requireFailure(t, fasttrack(t, env, "serve"), "fasttrack serve", "another program listens on")
	requireFailure(t, fasttrack(t, env), "fasttrack", "another program listens on")
}

// serving runs the server in the background until stop is called, which returns its exit code.
func serving(t *testing.T, env map[string]string, args ...string) (log *harness.Log, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log = &harness.Log{}
	ended := make(chan int, 1)
	go func() { ended <- cli.RunIn(ctx, variables(env), args, log, log) }()
	t.Cleanup(cancel)
	return log, func() int {
		cancel()
		return <-ended
	}
}
