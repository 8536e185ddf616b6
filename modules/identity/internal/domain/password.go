package domain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"fasttrack/shared/errs"
)

// The greatest length of a password: in characters for a new one, in bytes for one that is presented, which may be
// older than the rule.
const (
	MaxPasswordLength  = 128
	MaxPresentedLength = 1024
)

// leastPersonalLength is the least length of the parts of an address or a name that are looked for in passwords.
// Shorter parts occur in many words by chance.
const leastPersonalLength = 4

// PasswordPolicy says which passwords an account may be given.
type PasswordPolicy struct {
	MinLength int // in characters
	// Normal brings a password into the form in which all spellings of the same characters are equal; nil: as it is.
	Normal func(password string) string
	// Weakness says why a password is easy to guess for somebody who knows these words, and nothing if it is not;
	// nil: whatever is long enough will do.
	Weakness func(password string, personal []string) string
}

// Check returns a new password in its normal form, with the complaints about it as a member of the body. It is not
// trimmed, and characters are counted in the normal form.
func (p PasswordPolicy) Check(member, password string, personal []string) (normal string, bad []errs.Field) {
	complain := func(format string, args ...any) (string, []errs.Field) {
		return normal, []errs.Field{errs.Body(member, fmt.Sprintf(format, args...))}
	}
	normal = password
	if p.Normal != nil {
		normal = p.Normal(password)
	}
	switch n := utf8.RuneCountInString(normal); {
	case n < p.MinLength:
		return complain("must have at least %d characters", p.MinLength)
	case n > MaxPasswordLength, len(password) > MaxPresentedLength: // else nobody could log in with it
		return complain("must have at most %d characters", MaxPasswordLength)
	}
	if p.Weakness == nil {
		return normal, nil
	}
	if reason := p.Weakness(normal, personal); reason != "" {
		return complain("is too easy to guess: %s", reason)
	}
	return normal, nil
}

// PersonalWords returns what a password of this person must not be made of: address and name, and their parts of four
// characters or more.
func PersonalWords(email Email, displayName string) []string {
	var words []string
	for _, whole := range []string{email.String(), displayName} {
		parts := strings.FieldsFunc(whole, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		for _, word := range append(parts, whole) {
			if utf8.RuneCountInString(word) >= leastPersonalLength {
				words = append(words, word)
			}
		}
	}
	return words
}

// WrongPassword is the complaint about a current password that is not the account's.
func WrongPassword() errs.Field {
	return errs.Body("current_password", "is not the password of the account")
}

// CheckPresented fails for what cannot be anybody's password: nothing at all, or more than [MaxPresentedLength] bytes.
func CheckPresented(member, password string) error {
	if password == "" || len(password) > MaxPresentedLength {
		return errs.InvalidField(member, fmt.Sprintf("must have 1 to %d bytes", MaxPresentedLength))
	}
	return nil
}
