package domain

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"fasttrack/shared/errs"
	"fasttrack/shared/text"
)

// The greatest length of an address and of its parts, in bytes (RFC 5321).
const (
	maxEmailLength = 254
	maxLocalLength = 64
	maxLabelLength = 63
)

// Email is an e-mail address. There is one account per [Email.Key].
type Email struct{ address string }

// ParseEmail reads an address in its plain form, local@domain: no display name, comment, quotes or address literal.
// Letters of any script are taken as they are.
func ParseEmail(s string) (Email, error) {
	e, bad := checkEmail(s)
	return e, errs.InvalidFields(bad...)
}

// RestoreEmail brings an address back from storage.
func RestoreEmail(address string) Email { return Email{address} }

func checkEmail(s string) (Email, []errs.Field) {
	s = text.Clean(s)
	complain := func(message string) (Email, []errs.Field) {
		return Email{}, []errs.Field{errs.Body("email", message)}
	}
	if len(s) > maxEmailLength {
		return complain("must have at most 254 bytes")
	}
	if !isPlainAddress(s) {
		return complain("must be an e-mail address such as name@example.com")
	}
	return Email{s}, nil
}

func isPlainAddress(s string) bool {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, isNotGraphic) {
		return false
	}
	// The library takes every form of RFC 5322; what it returns differs from s for all but the plain one.
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || parsed.Address != s {
		return false
	}
	local, domain, _ := strings.Cut(s, "@")
	return len(local) <= maxLocalLength && isHostname(domain)
}

func isNotGraphic(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

// isHostname reports whether the domain could be found on the internet: at least two labels of sane form.
func isHostname(domain string) bool {
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabelLength || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool {
				return r < utf8.RuneSelf && r != '-' && !isASCIILetterOrDigit(r)
			}) {
			return false
		}
	}
	return len(labels) >= 2
}

func isASCIILetterOrDigit(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// String returns the address as its owner writes it.
func (e Email) String() string { return e.address }

// Local returns what stands before the @.
func (e Email) Local() string {
	local, _, _ := strings.Cut(e.address, "@")
	return local
}

// Key returns the form in which addresses are compared: two have the same key if they differ in case
// alone, or in how accents are spelled ([text.Fold]).
func (e Email) Key() string { return text.Fold(e.address) }
