package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/shared/errs"
	"fasttrack/shared/text"
)

func TestCleanBringsTextToOneForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		" \t\r\n ":                 "",
		"a\r\nb\rc\nd":             "a\nb\nc\nd",
		"\r\r\n\na\n\r":            "a",
		"\u00a0\u2003a b\u3000":    "a b",
		"a\tb":                     "a\tb",
		"e\u0301":                  "e\u0301", // no normalization: what was sent is what is kept
		"\u200bzero width stays":   "\u200bzero width stays",
		"\vtrimmed like a space\f": "trimmed like a space",
	} {
		require.Equal(t, want, text.Clean(in), "%q", in)
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	const (
		empty   = "must not be empty"
		control = "must not contain control characters other than newline and tab"
		short   = "must have at least 3 characters"
		long    = "must have at most 5 characters"
	)
	title := text.Rule{Name: "title", Min: 1, Max: 5}
	for _, c := range []struct {
		name       string
		rule       text.Rule
		in, clean  string
		complaints []string
	}{
		{"within its length", title, "abc", "abc", nil},
		{"length is counted after cleaning", title, "  abcde\r\n", "abcde", nil},
		{"CRLF is one character", title, "a\r\nb\r\nc", "a\nb\nc", nil},
		{"characters count, not bytes", title, "日本語です", "日本語です", nil},
		{"a character beyond 16 bits is one", title, "👍👍👍👍👍", "👍👍👍👍👍", nil},
		{"a combining mark is one", title, "e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301", []string{long}},
		{"tab and newline inside", title, "a\tb\nc", "a\tb\nc", nil},
		{"empty", title, "", "", []string{empty}},
		{"only white space", title, " \r\n\t ", "", []string{empty}},
		{"only what shows as nothing", title, "\u200b\u2060\ufeff", "\u200b\u2060\ufeff", []string{empty}},
		{"only a filler", title, "\u3164", "\u3164", []string{empty}},
		{"other fillers and blanks", title, "\u115f\uffa0\u2800\u180e", "\u115f\uffa0\u2800\u180e", []string{empty}},
		{"only marks", title, "\u0301\ufe0f\u034f", "\u0301\ufe0f\u034f", []string{empty}},
		{"only directions", title, "\u202e\u2066 \u2069", "\u202e\u2066 \u2069", []string{empty}},
		{"nothing that shows, and too much of it", title, "\u200b\u200b\u200b\u200b\u200b\u200b", strings.Repeat("\u200b", 6), []string{empty}},
		{"joined by what does not show", title, "👩\u200d🚀", "👩\u200d🚀", nil},
		{"one sign", title, "?", "?", nil},
		{"a variant of a heart", title, "❤\ufe0f", "❤\ufe0f", nil},
		{"nothing that shows where nothing must", text.Rule{Name: "title", Max: 5}, "\u200b", "\u200b", nil},
		{"too short", text.Rule{Name: "title", Min: 3, Max: 5}, "ab", "ab", []string{short}},
		{"too long", title, "abcdef", "abcdef", []string{long}},
		{"no least length", text.Rule{Name: "title", Max: 5}, "", "", nil},
		{"NUL", title, "a\x00b", "a\x00b", []string{control}},
		{"NUL at the end is not trimmed away", title, "ab\x00", "ab\x00", []string{control}},
		{"escape", title, "\x1b[1m", "\x1b[1m", []string{control}},
		{"delete", title, "a\x7fb", "a\x7fb", []string{control}},
		{"C1 controls", title, "a\u0085b", "a\u0085b", []string{control}},
		{"vertical tab inside", title, "a\vb", "a\vb", []string{control}},
		{"both complaints at once", title, "abcde\x01", "abcde\x01", []string{control, long}},
		{"bytes that are not UTF-8", title, "a\xff", "", []string{"must be valid UTF-8"}},
		{"half a surrogate pair", title, "\xed\xa0\x80", "", []string{"must be valid UTF-8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clean, complaints := c.rule.Check(c.in)
			require.Equal(t, c.clean, clean)
			var want []errs.Field
			for _, message := range c.complaints {
				want = append(want, errs.Field{Location: "body.title", Message: message})
			}
			require.Equal(t, want, complaints)
		})
	}
}

func TestWhatIsAcceptedIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := text.Rule{Name: "body", Min: 1, Max: 20}
		clean, complaints := rule.Check(rapid.String().Draw(t, "text"))
		if complaints != nil {
			return
		}
		again, complaints := rule.Check(clean)
		require.Equal(t, clean, again, "cleaning twice changes nothing")
		require.Empty(t, complaints)
		require.LessOrEqual(t, utf8.RuneCountInString(clean), rule.Max)
		require.NotContains(t, clean, "\r")
		require.NotContains(t, clean, "\x00")
		require.Equal(t, strings.TrimSpace(clean), clean)
	})
}
