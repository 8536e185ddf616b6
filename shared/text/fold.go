package text

import (
	"strings"
	"unicode"
)

// Fold takes the case from a text: Fold(a) == Fold(b) exactly if strings.EqualFold(a, b). Databases disagree about
// case beyond ASCII, so what they compare is folded here.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		if 'A' <= least && least <= 'Z' {
			return least - 'A' + 'a'
		}
		return least
	}, s)
}
