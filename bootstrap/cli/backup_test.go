package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// A program that is started on the backup of a running one knows what that one had known.
func TestABackupTakesTheOriginalsPlace(t *testing.T) {
	t.Parallel()
	env := settings(dbtest.URL(t, database.SQLite))
	requireDone(t, fasttrack(t, env, "demo"))
	log, stop := serving(t, env)
	address(t, log)
	file := filepath.Join(t.TempDir(), "backup.db")
	require.Equal(t, "wrote "+file+"\n", requireDone(t, fasttrack(t, env, "backup", file)))
	requireFailure(t, fasttrack(t, env, "backup", file), "fasttrack backup", "there is a file "+file+" already")
	require.Zero(t, stop())

	restored := with(env, "DATABASE_URL", "sqlite://"+file)
	require.Contains(t, requireDone(t, fasttrack(t, restored, "doctor")), "ok       database: SQLite, sound\n")
	requireFailure(t, fasttrack(t, restored, "demo"), "fasttrack demo", "there are users already")
}

func TestABackupIsOfSQLite(t *testing.T) {
	t.Parallel()
	env := settings(dbtest.URL(t, database.Postgres))
	requireFailure(t, fasttrack(t, env, "backup", "x.db"), "fasttrack backup", "pg_dump")
}
