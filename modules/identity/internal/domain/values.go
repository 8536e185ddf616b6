package domain

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/text"
)

var displayNameRule = text.Rule{Name: "display_name", Min: 1, Max: 100}

// The greatest length of a password: in characters for a new one, in bytes for one that is presented, which may be
// older than the rule.
const (
	MaxPasswordLength  = 128
	MaxPresentedLength = 1024
)

// ParseRole reads a role as the API spells it.
func ParseRole(s string) (auth.Role, bool) {
	role := auth.Role(s)
	return role, role == auth.RoleUser || role == auth.RoleAdmin
}

// PasswordPolicy says which passwords an account may be given.
type PasswordPolicy struct {
	MinLength int // in characters
}

// Check returns the complaints about a new password. It is taken as it is: neither trimmed nor normalised.
func (p PasswordPolicy) Check(password string) []errs.Field {
	switch n := utf8.RuneCountInString(password); {
	case n < p.MinLength:
		return []errs.Field{errs.Body("password", fmt.Sprintf("must have at least %d characters", p.MinLength))}
	case n > MaxPasswordLength:
		return []errs.Field{errs.Body("password", fmt.Sprintf("must have at most %d characters", MaxPasswordLength))}
	}
	return nil
}

// CheckPresented fails for what cannot be anybody's password: nothing at all, or more than [MaxPresentedLength] bytes.
func CheckPresented(password string) error {
	if password == "" || len(password) > MaxPresentedLength {
		return errs.InvalidField("password", fmt.Sprintf("must have 1 to %d bytes", MaxPresentedLength))
	}
	return nil
}

// Registration is what somebody says of an account that is to be made; it is valid.
type Registration struct {
	email                 Email
	displayName, password string
}

// NewRegistration checks all of it and reports every refused field. Without a display name the user is called by the
// local part of the address.
func NewRegistration(email, password string, displayName *string, policy PasswordPolicy) (Registration, error) {
	r := Registration{password: password}
	address, bad := checkEmail(email)
	r.email = address
	r.displayName = address.Local()
	if displayName != nil {
		name, badName := displayNameRule.Check(*displayName)
		r.displayName, bad = name, append(bad, badName...)
	}
	return r, errs.InvalidFields(slices.Concat(bad, policy.Check(password))...)
}

// Email returns the address of the new account.
func (r Registration) Email() Email { return r.email }

// Password returns the password of the new account, to be hashed.
func (r Registration) Password() string { return r.password }

// UserChange is what somebody wants to be different about a user; it is valid. What is nil stays.
type UserChange struct {
	displayName *string
	role        *auth.Role
	active      *bool
}

// NewUserChange checks all of it and reports every refused field.
func NewUserChange(displayName, role *string, active *bool) (UserChange, error) {
	c := UserChange{active: active}
	var bad []errs.Field
	if displayName != nil {
		clean, complaints := displayNameRule.Check(*displayName)
		c.displayName, bad = &clean, append(bad, complaints...)
	}
	if role != nil {
		parsed, ok := ParseRole(*role)
		if !ok {
			bad = append(bad, errs.Body("role", "must be user or admin"))
		}
		c.role = &parsed
	}
	return c, errs.InvalidFields(bad...)
}

// TouchesAccess reports whether the change is about what the user may do, and not only about how they are called.
func (c UserChange) TouchesAccess() bool { return c.role != nil || c.active != nil }
