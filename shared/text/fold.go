package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold takes from a text what does not tell words apart: its case, and how its accents are spelled (é as one character or
// as two, as some keyboards and file systems write it). Fold(a) == Fold(b) exactly if strings.EqualFold says so of both in
// normal form C (Unicode Standard Annex 15). Databases disagree about case beyond ASCII, so what they compare is folded
// here. What is folded stays as it is when it is folded again.
func Fold(s string) string {
	return strings.Map(fold, norm.NFC.String(s))
}

// fold returns the least of the characters that differ in case alone; an ASCII letter is the small one. A mark is never
// chosen (iota, which can be one, is the only letter it matters for): it would melt into the letter before it.
func fold(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if other < least && !unicode.IsMark(other) || unicode.IsMark(least) {
			least = other
		}
	}
	if 'A' <= least && least <= 'Z' {
		return least - 'A' + 'a'
	}
	return least
}
