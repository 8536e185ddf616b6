// Package latin brings text into plain Latin letters.
package latin

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// undivided are the Latin letters that Unicode does not take apart into a letter and a mark.
var undivided = strings.NewReplacer(
	"ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L",
	"đ", "d", "Đ", "D", "ð", "d", "Ð", "D", "þ", "th", "Þ", "TH", "ı", "i",
)

// Plain takes the marks from letters, and turns their compatible forms (ﬁ, Ａ, ²) into plain ones. What has no such
// form, as other scripts have not, stays as it is.
func Plain(s string) string {
	// A transformer has a state, so each text has one of its own.
	withoutMarks := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	plain, _, err := transform.String(withoutMarks, undivided.Replace(s))
	if err != nil {
		return s // none of them fails
	}
	return plain
}
