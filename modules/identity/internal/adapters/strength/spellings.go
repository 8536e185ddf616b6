package strength

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// spellings returns the forms of a text in which a dictionary may have it, itself first: without accents, and, where it
// has Cyrillic letters, in Latin ones, by their sound and by the keys that they are on. Dictionaries of passwords have
// "parol" and "gfhjkm" for "пароль".
func spellings(s string) []string {
	plain := withoutMarks(s)
	all := []string{s, plain}
	if strings.ContainsFunc(plain, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
		all = append(all, cyrillicBySound.Replace(plain), cyrillicByKey.Replace(plain))
	}
	slices.Sort(all[1:])
	return slices.Compact(all)
}

// alphabet writes what is not ASCII as control characters, each character as one of its own: so zxcvbn, which takes the
// bytes of a character for several and loses its way where one is doubled, finds what is repeated in any script, and
// personal words in any. Their order says nothing: steps from one to the next are greater than those of a sequence.
type alphabet map[rune]byte

func (a alphabet) ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
			continue
		}
		r = unicode.ToLower(r)
		if _, known := a[r]; !known {
			a[r] = standIns[len(a)%len(standIns)]
		}
		b.WriteByte(a[r])
	}
	return b.String()
}

// standIns are control characters but for line breaks, at which the search for repetitions ends.
const standIns = "\x01\x0b\x15\x1f\x07\x11\x1b\x03\x0e\x18\x05\x0f\x19\x02\x0c\x16\x7f\x08\x12\x1c\x04\x10\x1a\x06\x13\x1d\x09\x14\x1e\x17"

// withoutMarks takes accents off letters, and what alters a sign without being one: the colour of a skin, what joins
// several signs into one.
func withoutMarks(s string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, skins) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.NewReplacer("й", "\ufffd", "Й", "\ufffe").Replace(s)))
	return norm.NFC.String(strings.NewReplacer("\ufffd", "й", "\ufffe", "Й").Replace(kept))
}

// skins are the five colours of skin that follow an emoji.
var skins = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x1F3FB, Hi: 0x1F3FF, Stride: 1}}}

var (
	cyrillicBySound = replacer("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ", []string{
		"a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "ts",
		"ch", "sh", "sch", "", "y", "", "e", "yu", "ya", "i", "yi", "ye", "g",
	})
	cyrillicByKey = replacer("йцукенгшщзхъфывапролджэячсмитьбюё", strings.Split("qwertyuiop[]asdfghjkl;'zxcvbnm,.`", ""))
)

// replacer writes each letter, small or capital, as the small text of the same number.
func replacer(letters string, as []string) *strings.Replacer {
	var pairs []string
	for i, r := range []rune(letters) {
		pairs = append(pairs, string(r), as[i], string(unicode.ToUpper(r)), as[i])
	}
	return strings.NewReplacer(pairs...)
}
