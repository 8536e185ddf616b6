package strength

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsGuessedEasilyIsToldWhy(t *testing.T) {
	t.Parallel()
	personal := []string{"Ada.Lovelace@Example.com", "Lovelace", "Example", "Åström"}
	for password, want := range map[string]string{
		"correct horse battery":      "",
		"four blue herons wade":      "",
		"пароль для всех":            "",
		"jx7!Wq-p2":                  "",
		"password1":                  "many people use it",
		"P@ssw0rd":                   "many people use it",
		"12345678":                   "many people use it",
		"Lovelace1815!":              "address or the name",
		"lovelace2":                  "address or the name",
		"ecalevol2":                  "address or the name",
		"ada.lovelace@example.com":   "address or the name",
		"ÅSTRÖM12":                   "address or the name",
		"abcabcabc":                  "repeats itself",
		"zzzzzzzzzzzz":               "repeats itself",
		"LovelaceLovelace":           "repeats itself",
		"dfghuiop":                   "next to each other",
		"jklmnopqr":                  "alphabet",
		"23.11.1974":                 "a date",
		"        ":                   "repeats itself",
		strings.Repeat("qwerty", 20): "many people use it",
	} {
		reason := Weakness(password, personal)
		if want == "" {
			require.Empty(t, reason, "%q", password)
			continue
		}
		require.Contains(t, reason, want, "%q", password)
		require.NotContains(t, reason, password)
	}
}

// What follows the first 72 characters is not looked at, or a request could take seconds.
func TestALongPasswordIsJudgedByItsBeginning(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("日本", 36)
	require.Equal(t, Weakness(long, nil), Weakness(long+strings.Repeat("x", 100_000), nil))
	require.NotEmpty(t, Weakness(strings.Repeat("a", 72)+"correct horse battery", nil))
}
