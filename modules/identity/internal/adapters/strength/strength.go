// Package strength judges how easily a password is guessed, with zxcvbn and the dictionaries that come with it.
package strength

import (
	"slices"
	"strings"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/match"
)

const (
	leastScore = 3 // of 0 to 4: safe from 10⁸ guesses
	// judged bounds how much of a password is looked at: the time grows with the cube of its length, and a password
	// whose first characters are hard to guess is hard to guess.
	judged = 72
)

// Weakness returns the reason why the password is easy to guess for somebody who knows the personal words, and
// nothing if it is not. It never repeats the password. It takes milliseconds.
func Weakness(password string, personal []string) string {
	known := make([]string, len(personal))
	for i, word := range personal {
		known[i] = strings.ToLower(word)
	}
	if characters := []rune(password); len(characters) > judged {
		password = string(characters[:judged])
	}
	result := zxcvbn.PasswordStrength(password, known)
	if result.Score >= leastScore {
		return ""
	}
	return reason(result.Sequence)
}

// reason names what is worst about a password that is made of these parts.
func reason(parts []*match.Match) string {
	has := func(is func(m *match.Match) bool) bool {
		return slices.ContainsFunc(parts, func(m *match.Match) bool {
			return is(m) || slices.ContainsFunc(m.BaseMatches, is)
		})
	}
	pattern := func(name string) bool { return has(func(m *match.Match) bool { return m.Pattern == name }) }
	switch {
	case has(func(m *match.Match) bool { return m.DictionaryName == "user_inputs" }):
		return "it has parts of the address or the name in it"
	case has(func(m *match.Match) bool { return m.DictionaryName == "passwords" }):
		return "many people use it or something like it"
	case pattern("repeat"):
		return "it repeats itself"
	case pattern("spatial"):
		return "its keys are next to each other"
	case pattern("sequence"):
		return "it follows the alphabet or counts"
	case pattern("date"), pattern("regex"):
		return "it is a date or has a year in it"
	case pattern("dictionary"):
		return "it is made of few common words; add one or two more"
	}
	return "it is too simple; add a word or two"
}
