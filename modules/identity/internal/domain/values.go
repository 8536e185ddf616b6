package domain

import (
	"slices"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/text"
)

var displayNameRule = text.Rule{Name: "display_name", Min: 1, Max: 100}

// ParseRole reads a role as the API spells it.
func ParseRole(s string) (auth.Role, bool) {
	role := auth.Role(s)
	return role, role == auth.RoleUser || role == auth.RoleAdmin
}

// Registration is what somebody says of an account that is to be made; it is valid.
type Registration struct {
	email                 Email
	displayName, password string
}

// NewRegistration checks all of it and reports every refused field. Without a display name the user is called by the
// local part of the address.
func NewRegistration(email, password string, displayName *string, policy PasswordPolicy) (Registration, error) {
	var r Registration
	address, bad := checkEmail(email)
	r.email = address
	r.displayName = address.Local()
	if displayName != nil {
		name, badName := displayNameRule.Check(*displayName)
		r.displayName, bad = name, append(bad, badName...)
	}
	password, badPassword := policy.Check("password", password, PersonalWords(address, r.displayName))
	r.password = password
	return r, errs.InvalidFields(slices.Concat(bad, badPassword)...)
}

// Email returns the address of the new account.
func (r Registration) Email() Email { return r.email }

// Password returns the password of the new account in its normal form, to be hashed.
func (r Registration) Password() string { return r.password }

// UserChange is a valid change of a user. A value that is nil stays as it is.
type UserChange struct {
	displayName *string
	email       *Email
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
