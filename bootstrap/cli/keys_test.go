package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/keyring"
)

// withKeys is the settings of a program whose file of keys is not there yet.
func withKeys(t *testing.T) (env map[string]string, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.json")
	return with(settings("sqlite://"+filepath.Join(t.TempDir(), "x.db")), "JWT_SIGNING_KEYS", path), path
}

func TestKeysAreMadeListedAndRotated(t *testing.T) {
	t.Parallel()
	env, path := withKeys(t)
	out := requireDone(t, fasttrack(t, env, "keys", "generate"))
	require.Regexp(t, `^[\w-]{43} signs from \S+Z on\n$`, out)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())

	list := strings.Split(strings.TrimSpace(requireDone(t, fasttrack(t, env, "keys", "list"))), "\n")
	require.Len(t, list, 2)
	require.Regexp(t, `^secret-key +HS256 +signing +signs from \S+ +retired -$`, list[0])
	require.Regexp(t, `^[\w-]{43} +EdDSA +published +signs from \S+ +retired -$`, list[1])

	requireFailure(t, fasttrack(t, env, "keys", "generate"), "fasttrack keys generate", "is there already")
	requireFailure(t, fasttrack(t, env, "keys", "rotate"), "fasttrack keys rotate", "does not sign yet")
	requireFailure(t, fasttrack(t, env, "keys", "rotate", "--to-secret-key"), "fasttrack keys rotate", "signs already")

	require.NoError(t, os.Remove(path))
	long := time.Now().Add(-30 * 24 * time.Hour)
	set, err := keyring.Generate(long, time.Minute)
	require.NoError(t, err)
	require.NoError(t, keyring.Create(t.Context(), path, set))
	requireDone(t, fasttrack(t, env, "keys", "rotate", "--after", "2h"))
	out = requireDone(t, fasttrack(t, env, "keys", "list"))
	require.Equal(t, 3, strings.Count(out, "\n"))
	require.Regexp(t, `(?m)^\S+ +EdDSA +signing +signs from \S+ +retired 20\S+Z$`, out)
	require.Regexp(t, `(?m)^\S+ +EdDSA +published +signs from \S+ +retired -$`, out)
	set, err = keyring.Read(path)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), set.Keys()[2].SignsFrom, time.Minute)
	for _, k := range set.Keys()[1:] {
		require.NotContains(t, out, string(k.Private), "the private part")
	}
}

func TestKeysGoBackToTheSecret(t *testing.T) {
	t.Parallel()
	env, path := withKeys(t)
	set, err := keyring.Generate(time.Now().Add(-time.Hour), time.Minute)
	require.NoError(t, err)
	require.NoError(t, keyring.Create(t.Context(), path, set))
	out := requireDone(t, fasttrack(t, env, "keys", "rotate", "--to-secret-key"))
	require.Regexp(t, regexp.MustCompile(`^secret-key signs from \S+ on\n$`), out)
}

func TestKeysNeedAFileThatIsOne(t *testing.T) {
	t.Parallel()
	env, path := withKeys(t)
	none := with(env, "JWT_SIGNING_KEYS", "")
	for _, command := range []string{"generate", "rotate", "list"} {
		requireFailure(t, fasttrack(t, none, "keys", command), "fasttrack keys "+command, "set JWT_SIGNING_KEYS")
		if command != "generate" {
			requireFailure(t, fasttrack(t, env, "keys", command), "fasttrack keys "+command, "no such file")
		}
	}
	require.NoError(t, os.WriteFile(path, []byte("-----BEGIN PRIVATE KEY-----"), 0o600))
	for _, command := range []string{"rotate", "list"} {
		requireFailure(t, fasttrack(t, env, "keys", command), "fasttrack keys "+command, "cannot be used")
	}
	requireFailure(t, fasttrack(t, with(env, "LOG_LEVEL", "error"), "serve"), "fasttrack serve", "JWT_SIGNING_KEYS: the file of keys")
	elsewhere := with(env, "JWT_SIGNING_KEYS", filepath.Join(t.TempDir(), "missing", "keys.json"))
	requireFailure(t, fasttrack(t, elsewhere, "keys", "generate"), "fasttrack keys generate", "no such file or directory")
}

func TestKeysUsedWrongly(t *testing.T) {
	t.Parallel()
	env, _ := withKeys(t)
	for args, says := range map[string]string{
		"keys":                          "say what to do: generate, rotate or list",
		"keys generate x":               `unknown command or argument "x"`,
		"keys rotate --after soon":      "invalid argument",
		"keys rotate --after 30s":       "--after must be 1m0s at least",
		"keys generate --after -1h":     "--after must be 1m0s at least",
		"keys generate --to-secret-key": "unknown flag",
		"keys list --all":               "unknown flag",
	} {
		o := fasttrack(t, env, strings.Fields(args)...)
		require.Equal(t, 2, o.code, args)
		require.Contains(t, o.errOut, says, args)
	}
}
