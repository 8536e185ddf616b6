package migrations_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/adapters/database"
	"fasttrack/migrations"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func names(t *testing.T, dialect database.Dialect) []string {
	t.Helper()
	found, err := fs.Glob(migrations.Embedded, string(dialect)+"/*.sql")
	require.NoError(t, err)
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return found
}

func TestBothDialectsHaveTheSameSeries(t *testing.T) {
	t.Parallel()
	sqlite := names(t, database.SQLite)
	require.Equal(t, sqlite, names(t, database.Postgres))
	numbers := map[string]bool{}
	for _, name := range sqlite {
		number, _, _ := strings.Cut(name, "_")
		require.False(t, numbers[number], "%s: the number is there twice", name)
		numbers[number] = true
	}
}

func TestEveryFileSaysItsModuleAndHowToGoBack(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		for _, name := range names(t, dialect) {
			text, err := fs.ReadFile(migrations.Embedded, string(dialect)+"/"+name)
			require.NoError(t, err)
			module := strings.Split(name, "_")[1]
			header, rest, up := strings.Cut(string(text), "-- +goose Up")
			require.True(t, up && strings.Contains(rest, "-- +goose Down"), "%s/%s: up and down", dialect, name)
			require.Contains(t, header, "-- Module: "+module+".", "%s/%s: the comment at the top", dialect, name)
		}
	}
}

func TestCreateWritesTheNextPair(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct{ name, want string }{
		{"labels_create", "00001_labels_create.sql"},
		{"labels_add_color", "00002_labels_add_color.sql"},
	} {
		paths, err := migrations.Create(dir, c.name)
		require.NoError(t, err)
		require.Equal(t, []string{filepath.Join(dir, "sqlite", c.want), filepath.Join(dir, "postgres", c.want)}, paths)
	}
	text, err := os.ReadFile(filepath.Join(dir, "sqlite", "00001_labels_create.sql"))
	require.NoError(t, err)
	require.Contains(t, string(text), "-- Module: labels. ")
	for _, bad := range []string{"", "labels", "Labels_create", "labels create", "../labels_create", "1_labels"} {
		_, err := migrations.Create(dir, bad)
		require.Error(t, err, bad)
	}
}

func TestTheHashFollowsTheFiles(t *testing.T) {
	t.Parallel()
	one, err := migrations.Hash(database.SQLite)
	require.NoError(t, err)
	again, err := migrations.Hash(database.SQLite)
	require.NoError(t, err)
	other, err := migrations.Hash(database.Postgres)
	require.NoError(t, err)
	require.Equal(t, one, again)
	require.NotEqual(t, one, other)
}
