package database_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// A backup that is taken while somebody writes holds whole units of work: as many rows in one table as in the other.
func TestABackupUnderWritesIsWhole(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := dbtest.SQLite(t)
	for _, table := range []string{"left_rows", "right_rows"} {
		_, err := db.SQL().ExecContext(ctx, "CREATE TABLE "+table+" (n INTEGER NOT NULL)")
		require.NoError(t, err)
	}
	writing, stop := context.WithCancel(ctx)
	ended, begun := make(chan error, 1), make(chan struct{})
	go func() {
		n := 0
		for writing.Err() == nil {
			err := db.Do(ctx, func(ctx context.Context) error {
				for _, table := range []string{"left_rows", "right_rows"} {
					if err := db.Conn(ctx).Exec("INSERT INTO "+table+" (n) VALUES (?)", n).Error; err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				ended <- err
				return
			}
			if n++; n == 10 {
				close(begun)
			}
		}
		ended <- nil
	}()
	<-begun
	file := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, db.Backup(ctx, file))
	stop()
	require.NoError(t, <-ended)

	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	copied, err := database.Open(ctx, database.Config{URL: "sqlite://" + file})
	require.NoError(t, err)
	defer func() { require.NoError(t, copied.Close()) }()
	var left, right int64
	require.NoError(t, copied.Conn(ctx).Raw("SELECT COUNT(*) FROM left_rows").Scan(&left).Error)
	require.NoError(t, copied.Conn(ctx).Raw("SELECT COUNT(*) FROM right_rows").Scan(&right).Error)
	require.Equal(t, left, right)
	require.GreaterOrEqual(t, left, int64(10))
}

func TestABackupTakesNoOthersPlace(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	require.ErrorIs(t, db.Backup(t.Context(), file), os.ErrExist)
	require.Error(t, db.Backup(t.Context(), filepath.Join(dir, "missing", "backup.db")))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing half-written stays behind")
}

func TestABackupIsOfSQLite(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, dbtest.Postgres(t).Backup(t.Context(), filepath.Join(t.TempDir(), "backup.db")), database.ErrNotSQLite)
}
