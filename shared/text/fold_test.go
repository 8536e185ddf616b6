package text_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"fasttrack/shared/text"
)

// Cases that simple lower-casing gets wrong: Kelvin sign, long s, final sigma, dotted and dotless i.
func TestFoldAgreesWithEqualFold(t *testing.T) {
	t.Parallel()
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("aAkKsSſσςΣiIİıßẞøØ@.1eéÉ\u0301\u030aåÅ\u212b\u0345ιΙᾳᾼα")), 0, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		require.Equal(t, strings.EqualFold(norm.NFC.String(a), norm.NFC.String(b)), text.Fold(a) == text.Fold(b))
	})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), letters).Draw(t, "s")
		require.Equal(t, text.Fold(s), text.Fold(text.Fold(s)))
		require.True(t, strings.EqualFold(norm.NFC.String(s), text.Fold(s)))
	})
}

func TestFoldTakesOneSpellingOfAccents(t *testing.T) {
	t.Parallel()
	require.Equal(t, text.Fold("Ren\u00e9"), text.Fold("rene\u0301"))
	require.Equal(t, text.Fold("\u212b"), text.Fold("a\u030a"), "the sign of the \u00e5ngstr\u00f6m")
	require.NotEqual(t, text.Fold("rene"), text.Fold("ren\u00e9"))
	require.NotEqual(t, text.Fold("\u03b1\u03b9"), text.Fold("\u1fb3"), "an iota after the letter, and one below it")
}

// Every character that there is.
func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := "\u03b1" + string(r) + "e"
		if once := text.Fold(s); text.Fold(once) != once {
			t.Errorf("%U", r)
		}
	}
}
