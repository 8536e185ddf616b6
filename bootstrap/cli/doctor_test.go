package cli_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap/cli"
)

func TestDoctor(t *testing.T) {
	each(t, dbtest.URL, func(t *testing.T, env map[string]string) {
		printed := requireDone(t, fasttrack(t, env, "doctor"))
		require.NotContains(t, printed, "FAILED")
		require.Equal(t, 7+len(cli.Copies), strings.Count(printed, "ok  "), printed)

		// A copy that is not one any more, an old schema, no mail server: each is told, and each fails.
		db := open(t, env["DATABASE_URL"])
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Exec("INSERT INTO task_users (user_id, display_name, is_active, role, version)" +
				" VALUES ('0190a0a0-0000-7000-8000-000000000001', 'Ghost', true, 'user', 1)").Error
		}))
		o := fasttrack(t, with(env, "SMTP_URL", "smtp://127.0.0.1:1", "REDIS_URL", "redis://127.0.0.1:1"), "doctor")
		require.Equal(t, 1, o.code)
		require.Contains(t, o.out, "FAILED   copy task_users: 1 rows differ from users")
		require.Contains(t, o.out, "FAILED   mail: ")
		require.Contains(t, o.out, "FAILED   redis: ")
		require.Contains(t, o.errOut, "3 of the things above failed")

		requireDone(t, fasttrack(t, env, "migrate", "down"))
		o = fasttrack(t, env, "doctor")
		require.Equal(t, 1, o.code)
		require.Contains(t, o.out, "FAILED   schema: ")
	})
}

// A protection that is off is said by doctor and at every start.
func TestWhatIsOffInProductionIsSaid(t *testing.T) {
	t.Parallel()
	env := with(settings(dbtest.URL(t, database.SQLite)), "ENVIRONMENT", "production", "ARGON2_MEMORY_KIB", "19456",
		"ARGON2_ITERATIONS", "2", "RATE_LIMIT_ENABLED", "false", "LOGIN_THROTTLE", "false", "DRAIN_DELAY", "0s")
	printed := requireDone(t, fasttrack(t, env, "doctor"))
	log, stop := serving(t, env)
	address(t, log)
	require.Zero(t, stop())
	for _, setting := range []string{"RATE_LIMIT_ENABLED=false", "LOGIN_THROTTLE=false"} {
		require.Contains(t, printed, "warning  settings: "+setting)
		require.Regexp(t, `level=WARN msg="`+setting, log.String())
	}
}

func TestDoctorOfADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	o := fasttrack(t, settings("postgres://ann:sesame@127.0.0.1:1/db"), "doctor")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.out, "FAILED   database: the database postgres://ann:xxxxx@127.0.0.1:1/db cannot be opened")
	require.NotContains(t, o.out+o.errOut, "sesame")
}
