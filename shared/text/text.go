// Package text holds what is true of all text that people send: how it is brought to one form, and what is refused.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"fasttrack/shared/errs"
)

// Clean brings text to the form in which it is kept: CRLF and CR become LF, and white space at both ends goes.
func Clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.TrimSpace(s)
}

// Rule says what a text field accepts.
type Rule struct {
	Name string // the member of the body, for the complaint
	Min  int    // least length in characters, after cleaning
	Max  int    // greatest length in characters, after cleaning
}

// Check cleans s and returns it with the complaints about it: wrong length, bytes that are not UTF-8, control
// characters other than newline and tab (NUL among them, which PostgreSQL cannot keep). Where there must be text, some of
// it must be visible: nobody can point at what shows as nothing.
func (r Rule) Check(s string) (clean string, complaints []errs.Field) {
	if !utf8.ValidString(s) {
		return "", []errs.Field{errs.Body(r.Name, "must be valid UTF-8")}
	}
	clean = Clean(s)
	if r.Min > 0 && !strings.ContainsFunc(clean, isVisible) && !strings.ContainsFunc(clean, isForbidden) {
		return clean, []errs.Field{errs.Body(r.Name, "must not be empty")}
	}
	if strings.ContainsFunc(clean, isForbidden) {
		complaints = append(complaints, errs.Body(r.Name, "must not contain control characters other than newline and tab"))
	}
	switch n := utf8.RuneCountInString(clean); {
	case n < r.Min:
		complaints = append(complaints, errs.Body(r.Name, fmt.Sprintf("must have at least %d characters", r.Min)))
	case n > r.Max:
		complaints = append(complaints, errs.Body(r.Name, fmt.Sprintf("must have at most %d characters", r.Max)))
	}
	return clean, complaints
}

func isForbidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t'
}

// isVisible reports whether a character shows by itself: not space, marks that sit on others, and what Unicode calls
// ignorable, fillers of Hangul and blanks of Braille and of music included. What is not assigned yet may show one day.
func isVisible(r rune) bool {
	const blankBraille, blankNote = '\u2800', '\U0001d159'
	return r != blankBraille && r != blankNote && !unicode.IsSpace(r) &&
		!unicode.In(r, unicode.M, unicode.Z, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}
