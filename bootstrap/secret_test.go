package bootstrap_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// without is a development configuration without SECRET_KEY, and where its secret is kept.
func without(t *testing.T) (cfg *config.Config, path string) {
	t.Helper()
	dir := t.TempDir()
	cfg = configured(t, "sqlite://"+filepath.Join(dir, "ft.db"), "SECRET_KEY", "")
	return cfg, filepath.Join(dir, "ft.db.secret")
}

func TestASecretIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	cfg, path := without(t)
	made, err := bootstrap.Secret(cfg)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(made), 32)
	file, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), file.Mode())

	again, err := bootstrap.Secret(cfg)
	require.NoError(t, err)
	require.Equal(t, made, again)
	other, _ := without(t)
	different, err := bootstrap.Secret(other)
	require.NoError(t, err)
	require.NotEqual(t, made, different)

	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing else is left behind")
}

func TestTwoStartsAtOnceKeepOneSecret(t *testing.T) {
	t.Parallel()
	cfg, _ := without(t)
	secrets := make([]string, 20)
	var nodes sync.WaitGroup
	for i := range secrets {
		nodes.Go(func() {
			made, err := bootstrap.Secret(cfg)
			if err != nil {
				t.Error(err)
			}
			secrets[i] = made
		})
	}
	nodes.Wait()
	for _, s := range secrets {
		require.Equal(t, secrets[0], s)
	}
}

func TestAGivenSecretIsUsedAndNotKept(t *testing.T) {
	t.Parallel()
	cfg, path := without(t)
	cfg.SecretKey = strong
	used, err := bootstrap.Secret(cfg)
	require.NoError(t, err)
	require.Equal(t, strong, used)
	require.NoFileExists(t, path)
}

// What is left of a secret is none: tokens would be signed with next to nothing.
func TestADamagedSecretIsRefused(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"empty": "", "cut off": "QWERTZ", "blank": "\n \n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, path := without(t)
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			_, err := bootstrap.New(t.Context(), cfg, discard)
			require.ErrorContains(t, err, "is damaged: remove the file")
			require.ErrorContains(t, err, path)
		})
	}
	cfg, path := without(t)
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err := bootstrap.Secret(cfg)
	require.ErrorContains(t, err, "read the development secret")
}

// Nothing is left beside a file that is no database.
func TestNoSecretIsMadeForADatabaseThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	cfg, path := without(t)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "ft.db"), []byte("no database, but text"), 0o600))
	_, err := bootstrap.New(t.Context(), cfg, discard)
	require.ErrorContains(t, err, "file is not a database")
	require.NoFileExists(t, path)
}

// With a kept secret, whoever has signed in stays so over a restart.
func TestSignInsOutliveARestart(t *testing.T) {
	t.Parallel()
	cfg, _ := without(t)
	unkeyed := harness.Configure(func(c *config.Config) { c.SecretKey = "" })
	first := harness.Start(t, cfg.DatabaseURL, unkeyed)
	ann := first.Register("Ann")
	first.Stop()
	second := harness.Start(t, cfg.DatabaseURL, unkeyed)
	second.With(ann.Tokens.AccessToken).Get("/users/me").Wants(200)
}
