package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

func empty(t testing.TB, dialect database.Dialect) string { return dbtest.Empty(t, dialect) }

// numbered returns the names of all migrations, oldest first, and the number of the newest as text.
func numbered(t *testing.T) (names []string, latest string) {
	t.Helper()
	files, err := os.ReadDir("../../migrations/sqlite")
	require.NoError(t, err)
	for _, f := range files {
		names = append(names, f.Name())
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	return names, strings.TrimLeft(number, "0")
}

func TestMigrateFromNothingAndBack(t *testing.T) {
	each(t, empty, func(t *testing.T, env map[string]string) {
		names, latest := numbered(t)
		last := names[len(names)-1]

		require.Equal(t, "0\n", requireDone(t, fasttrack(t, env, "migrate", "current")))
		requireFailure(t, fasttrack(t, env, "migrate", "check"), "fasttrack migrate check",
			"the schema (0) is older than this program ("+latest+"): run fasttrack migrate up")
		require.Equal(t, "nothing to do\n", requireDone(t, fasttrack(t, env, "migrate", "down")))

		require.Equal(t, "applied "+strings.Join(names, "\napplied ")+"\n", requireDone(t, fasttrack(t, env, "migrate", "up")))
		require.Equal(t, "nothing to do\n", requireDone(t, fasttrack(t, env, "migrate", "up")))
		require.Equal(t, latest+"\n", requireDone(t, fasttrack(t, env, "migrate", "current")))
		require.Equal(t, "the schema is up to date at "+latest+"\n", requireDone(t, fasttrack(t, env, "migrate", "check")))
		for i, line := range lines(requireDone(t, fasttrack(t, env, "migrate", "status"))) {
			require.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  `+names[i]+`$`, line)
		}

		require.Equal(t, "took back "+last+"\n", requireDone(t, fasttrack(t, env, "migrate", "down")))
		status := lines(requireDone(t, fasttrack(t, env, "migrate", "status")))
		require.Equal(t, "pending              "+last, status[len(status)-1])
		requireFailure(t, fasttrack(t, env, "migrate", "check"), "fasttrack migrate check", "run fasttrack migrate up")
		requireFailure(t, fasttrack(t, with(env, "AUTO_MIGRATE", "false"), "serve"), "fasttrack serve",
			"run fasttrack migrate up, or set AUTO_MIGRATE=true")

		require.Len(t, lines(requireDone(t, fasttrack(t, env, "migrate", "down", "2"))), 2)
		require.Len(t, lines(requireDone(t, fasttrack(t, env, "migrate", "down", "99"))), len(names)-3)
		require.Equal(t, "0\n", requireDone(t, fasttrack(t, env, "migrate", "current")))
	})
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

func TestMigrateCheckSaysWhatIsWrong(t *testing.T) {
	each(t, empty, func(t *testing.T, env map[string]string) {
		requireDone(t, fasttrack(t, env, "migrate", "up"))
		db, err := database.Open(t.Context(), database.Config{URL: env["DATABASE_URL"], MinIdleConns: -1})
		require.NoError(t, err)
		defer func() { _ = db.Close() }()
		for _, c := range []struct{ statement, says string }{
			{"DROP INDEX projects_created", "somebody changed it by hand"},
			{"UPDATE goose_db_version SET version_id = 99999 WHERE version_id = 1", "is older than this program"},
			{"UPDATE schema_state SET breaking = 99999", "is newer than this program"},
		} {
			_, err := db.SQL().ExecContext(t.Context(), c.statement)
			require.NoError(t, err)
			requireFailure(t, fasttrack(t, env, "migrate", "check"), "fasttrack migrate check", c.says)
		}
	})
}

// A migration that fails is told in one line, after those that did not.
func TestMigrateUpThatFailsHalfWay(t *testing.T) {
	each(t, empty, func(t *testing.T, env map[string]string) {
		db, err := database.Open(t.Context(), database.Config{URL: env["DATABASE_URL"], MinIdleConns: -1})
		require.NoError(t, err)
		_, err = db.SQL().ExecContext(t.Context(), "CREATE TABLE project_task_deltas (mine INTEGER)")
		require.NoError(t, err)
		require.NoError(t, db.Close())

		names, _ := numbered(t)
		o := fasttrack(t, env, "migrate", "up")
		require.Equal(t, "applied "+names[0]+"\n", o.out)
		requireFailure(t, o, "fasttrack migrate up", names[1])
		require.Contains(t, o.errOut, "project_task_deltas")
		require.Equal(t, "1\n", requireDone(t, fasttrack(t, env, "migrate", "current")))
	})
}

func TestMigrateCreateWritesThePair(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dialect := range []string{"sqlite", "postgres"} {
		require.NoError(t, os.MkdirAll("migrations/"+dialect, 0o750))
	}
	for _, want := range []string{"00001_tasks_add_labels.sql", "00002_tasks_add_labels.sql"} {
		written := lines(requireDone(t, fasttrack(t, nil, "migrate", "create", "tasks_add_labels")))
		require.Len(t, written, 2)
		for _, line := range written {
			path, ok := strings.CutPrefix(line, "wrote ")
			require.True(t, ok, line)
			require.True(t, strings.HasSuffix(path, want), line)
			require.FileExists(t, path)
		}
	}
	requireFailure(t, fasttrack(t, nil, "migrate", "create", "Add Labels"), "fasttrack migrate create", "is named like")
	require.NoError(t, os.RemoveAll("migrations"))
	requireFailure(t, fasttrack(t, nil, "migrate", "create", "tasks_add_labels"), "fasttrack migrate create",
		"run this where the source of fasttrack is")
}
