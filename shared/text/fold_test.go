package text_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/shared/text"
)

// Cases that simple lower-casing gets wrong: Kelvin sign, long s, final sigma, dotted and dotless i.
func TestFoldAgreesWithEqualFold(t *testing.T) {
	t.Parallel()
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("aAkKsSſσςΣiIİıßẞøØ@.1")), 0, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		require.Equal(t, strings.EqualFold(a, b), text.Fold(a) == text.Fold(b))
	})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		require.Equal(t, text.Fold(s), text.Fold(text.Fold(s)))
		require.True(t, strings.EqualFold(s, text.Fold(s)))
	})
}
