package strength

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireReasons expects for each password the reason why it is easy to guess; nothing: it is not.
func requireReasons(t *testing.T, personal []string, wanted map[string]string) {
	t.Helper()
	for password, want := range wanted {
		reason := Weakness(password, personal)
		if want == "" {
			require.Empty(t, reason, "%q", password)
			continue
		}
		require.Contains(t, reason, want, "%q", password)
		require.NotContains(t, reason, password)
	}
}

func TestWhatIsGuessedEasilyIsToldWhy(t *testing.T) {
	t.Parallel()
	personal := []string{"Ada.Lovelace@Example.com", "Lovelace", "Example", "Åström"}
	requireReasons(t, personal, map[string]string{
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
	})
}

// zxcvbn knows ASCII. Whoever guesses knows their own script as well.
func TestWhatIsGuessedEasilyInAnyScriptIsToldWhy(t *testing.T) {
	t.Parallel()
	personal := []string{"Jürgen", "Ярослав"}
	requireReasons(t, personal, map[string]string{
		"zwölf Boxkämpfer jagen": "",
		"ёж и лиса под дождём":   "",
		"我家的猫今天很开心":              "",
		"비밀 정원의 고양이":             "",
		"नमस्ते नीला आसमान":      "",
		"ванна и касса утром":    "", // letters are doubled
		"αλλαγή στο σπίτι":       "",
		"größe müsste ääß":       "",
		"γάτα και σκύλος":        "",
		"🦊🌧️🎻🧀🚲🌵🎲🪁🧭":             "",
		"ääääääääää":             "repeats itself",
		"😀😀😀😀😀😀😀😀😀😀":             "repeats itself",
		"👍🏽👍🏻👍🏾👍🏽👍🏿👍🏽":           "repeats itself",
		"👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦":  "repeats itself",
		"k̈k̈k̈k̈k̈k̈k̈k̈":       "repeats itself",
		"äöäöäöäöäöä":            "repeats itself",
		"пппппппппппa":           "repeats itself",
		"☃☃☃☃☃☃☃☃☃☃☃☃":           "repeats itself",
		"日本日本日本日本日本":             "repeats itself",
		"密码x密码x密码x密码x":           "repeats itself",
		"абвгдежзик":             "alphabet",
		"ωψχφυτσρποξν":           "alphabet",
		"١٢٣٤٥٦٧٨٩٠":             "alphabet",
		"ぁあぃいぅうぇえぉお":             "alphabet",
		"äöüäüöäöüöäü":           "few different",
		"пароль12":               "many people use it",
		"ПАРОЛЬ1234":             "many people use it",
		"привет123":              "many people use it",
		"йцукенгшщз":             "many people use it",
		"pässwörd1":              "many people use it",
		"pаsswоrd1":              "many people use it", // with Cyrillic letters in it
		"ｐａｓｓｗｏｒｄ１":              "many people use it",
		"jurgen2024!":            "address or the name",
		"yaroslav7":              "address or the name",
		"ярослав7!":              "address or the name",
	})
}

// A part that is hard to guess is not made easier by saying it twice.
func TestARepetitionIsAsHardToGuessAsWhatIsRepeated(t *testing.T) {
	t.Parallel()
	require.Empty(t, Weakness("vier größere Eulen vier größere Eulen ", nil))
	require.NotEmpty(t, Weakness("größe größe größe ", nil))
}

// What follows the first 72 characters is not looked at, or a request could take seconds.
func TestALongPasswordIsJudgedByItsBeginning(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("日本", 36)
	require.Equal(t, Weakness(long, nil), Weakness(long+strings.Repeat("x", 100_000), nil))
	require.NotEmpty(t, Weakness(strings.Repeat("a", 72)+"correct horse battery", nil))
}
