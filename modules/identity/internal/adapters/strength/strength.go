// Package strength judges how easily a password is guessed: with zxcvbn and the dictionaries that come with it, by every
// spelling that may be in one, and by patterns that need no dictionary, in any script.
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
	if characters := []rune(password); len(characters) > judged {
		password = string(characters[:judged])
	}
	return judge{alphabet{}, personal}.weakness(password)
}

// judge knows the personal words.
type judge struct {
	alphabet alphabet
	personal []string
}

// weakness judges by the spelling that is guessed first. One that is merely shorter than the password, with nothing in it
// that is known, says nothing.
func (j judge) weakness(password string) string {
	spelled := j.spellings(password)
	var known []string
	for _, word := range j.personal {
		known = append(known, j.spellings(strings.ToLower(word))...)
	}
	weakest := zxcvbn.PasswordStrength(spelled[0], known)
	for _, spelling := range spelled[1:] {
		if result := zxcvbn.PasswordStrength(spelling, known); result.Guesses < weakest.Guesses && !isUnknown(result.Sequence) {
			weakest = result
		}
	}
	if weakest.Score < leastScore {
		return reason(weakest.Sequence)
	}
	return pattern(password, func(part string) bool { return j.weakness(part) != "" })
}

func (j judge) spellings(s string) []string {
	all := spellings(s)
	for i, spelling := range all {
		spelling = j.alphabet.ascii(spelling)
		all[i] = spelling[:min(len(spelling), judged)] // by sound it may be longer
	}
	return all
}

// isUnknown reports whether a password of these parts could only be guessed by trying all.
func isUnknown(parts []*match.Match) bool {
	return !slices.ContainsFunc(parts, func(m *match.Match) bool { return m.Pattern != "bruteforce" })
}

// reason names what is worst about a password that is made of these parts.
func reason(parts []*match.Match) string {
	has := func(is func(m *match.Match) bool) bool {
		return slices.ContainsFunc(parts, func(m *match.Match) bool {
			return is(m) || slices.ContainsFunc(m.BaseMatches, is)
		})
	}
	matched := func(name string) bool { return has(func(m *match.Match) bool { return m.Pattern == name }) }
	switch {
	case has(func(m *match.Match) bool { return m.DictionaryName == "user_inputs" }):
		return "it has parts of the address or the name in it"
	case has(func(m *match.Match) bool { return m.DictionaryName == "passwords" }):
		return "many people use it or something like it"
	case matched("repeat"):
		return repeats
	case matched("spatial"):
		return "its keys are next to each other"
	case matched("sequence"):
		return counts
	case matched("date"), matched("regex"):
		return "it is a date or has a year in it"
	case matched("dictionary"):
		return "it is made of few common words; add one or two more"
	}
	return "it is too simple; add a word or two"
}
