package cli_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs"
	"fasttrack/migrations"
)

// A believable team moves to PostgreSQL, and everything that looks at the new database finds it in order.
func TestCopyMovesEverything(t *testing.T) {
	t.Parallel()
	env := settings(dbtest.URL(t, database.SQLite))
	requireDone(t, fasttrack(t, env, "demo"))
	target := dbtest.Empty(t, database.Postgres)
	printed := requireDone(t, fasttrack(t, env, "copy", "--to", target, "--without-jobs"))
	require.Regexp(t, `(?m)^ {7}3  [0-9a-f]{16}  users$`, printed)
	require.NotContains(t, printed, "river")
	require.Contains(t, printed, "now set DATABASE_URL")

	there := with(env, "DATABASE_URL", target)
	require.NotContains(t, requireDone(t, fasttrack(t, there, "doctor")), "FAILED")
	requireFailure(t, fasttrack(t, there, "demo"), "fasttrack demo", "there are users already")
	log, stop := serving(t, there)
	require.Equal(t, 200, get(t, "http://"+address(t, log)+"/readyz"))
	require.Zero(t, stop())
	// What PostgreSQL counts goes on behind what was copied: otherwise one of these two inserts is refused.
	db := open(t, target)
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		return db.Conn(ctx).Exec("INSERT INTO project_task_deltas (project_id, todo, in_progress, done)" +
			" SELECT id, 0, 0, 0 FROM projects").Error
	}))
	requireFailure(t, fasttrack(t, env, "copy", "--to", target, "--without-jobs"), "fasttrack copy", "has a schema already")
}

// A row that PostgreSQL does not take leaves nothing behind there.
func TestACopyThatFailsLeavesTheTargetEmpty(t *testing.T) {
	t.Parallel()
	env := settings(dbtest.URL(t, database.SQLite))
	requireDone(t, fasttrack(t, env, "demo"))
	source := open(t, env["DATABASE_URL"])
	require.NoError(t, source.Do(t.Context(), func(ctx context.Context) error {
		return source.Conn(ctx).Exec("UPDATE projects SET owner_id = 'nobody' WHERE inbox AND owner_id = (SELECT MIN(id) FROM users)").Error
	}))
	target := dbtest.Empty(t, database.Postgres)
	o := fasttrack(t, env, "copy", "--to", target, "--without-jobs")
	requireFailure(t, o, "fasttrack copy", "copy projects: column owner_id: a text of 6 bytes is no uuid")
	migrator, err := migrations.New(open(t, target))
	require.NoError(t, err)
	current, err := migrator.Current(t.Context())
	require.NoError(t, err)
	require.Zero(t, current)
}

func TestCopyRefusesWhatItCannotMove(t *testing.T) {
	t.Parallel()
	lite, post := settings(dbtest.URL(t, database.SQLite)), settings(dbtest.URL(t, database.Postgres))
	require.Equal(t, 2, fasttrack(t, lite, "copy").code)
	require.Equal(t, 2, fasttrack(t, lite, "copy", "--to", lite["DATABASE_URL"]).code)
	requireFailure(t, fasttrack(t, post, "copy", "--to", post["DATABASE_URL"]), "fasttrack copy", "only SQLite can be moved")
	requireFailure(t, fasttrack(t, settings(dbtest.Empty(t, database.SQLite)), "copy", "--to", dbtest.Empty(t, database.Postgres)),
		"fasttrack copy", "run fasttrack migrate up")

	db := open(t, lite["DATABASE_URL"])
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		return db.Conn(ctx).Exec("INSERT INTO river_job (args, kind, max_attempts, state) VALUES ('{}', 'mail', 3, 'available')").Error
	}))
	requireFailure(t, fasttrack(t, lite, "copy", "--to", dbtest.Empty(t, database.Postgres)), "fasttrack copy", "1 jobs wait")
}

// What a server would go on writing would be left behind.
func TestCopyRefusesWhileAServerRuns(t *testing.T) {
	t.Parallel()
	env, target := settings(dbtest.URL(t, database.SQLite)), dbtest.Empty(t, database.Postgres)
	log, stop := serving(t, env)
	address(t, log)
	db := open(t, env["DATABASE_URL"])
	require.Eventually(t, func() bool {
		served, err := jobs.IsServed(t.Context(), db)
		return err == nil && served
	}, time.Minute, 10*time.Millisecond)
	requireFailure(t, fasttrack(t, env, "copy", "--to", target), "fasttrack copy", "a server works with this database")
	require.Zero(t, stop())
	requireDone(t, fasttrack(t, env, "copy", "--to", target))
}

func open(t *testing.T, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url, MaxOpenConns: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
