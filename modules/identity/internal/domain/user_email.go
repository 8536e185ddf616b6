package domain

import (
	"time"

	"fasttrack/shared/errs"
)

// NewOwnChange is a change that users make of themselves. It checks all of it and reports every refused field.
func NewOwnChange(displayName, email *string) (UserChange, error) {
	var c UserChange
	var bad []errs.Field
	if displayName != nil {
		clean, complaints := displayNameRule.Check(*displayName)
		c.displayName, bad = &clean, append(bad, complaints...)
	}
	if email != nil {
		address, complaints := checkEmail(*email)
		c.email, bad = &address, append(bad, complaints...)
	}
	return c, errs.InvalidFields(bad...)
}

// Email returns the address that is asked for, and whether one is.
func (c UserChange) Email() (Email, bool) {
	if c.email == nil {
		return Email{}, false
	}
	return *c.email, true
}

// pending returns what waits to be verified once the user has asked for an address: nothing, if it is what they have.
func (s UserState) pending(asked Email) Email {
	if asked == s.Email {
		return Email{}
	}
	return asked
}

// DropPendingEmail gives up the change of the address that waits, if there is one: with another password it may not be
// the user who had asked for it.
func (u *User) DropPendingEmail(now time.Time) {
	if u.state.PendingEmail == (Email{}) {
		return
	}
	u.state.PendingEmail = Email{}
	u.state.Version++
	u.state.UpdatedAt = now
}

// VerifyEmail takes the address for the user's: the one that waits becomes theirs. It fails with [ErrBadMailToken] if
// there is nothing to verify about it.
func (u *User) VerifyEmail(address Email, now time.Time) error {
	switch {
	case u.state.PendingEmail == address:
		u.state.Email, u.state.PendingEmail = address, Email{}
	case u.state.Email != address || u.state.EmailVerified:
		return ErrBadMailToken
	}
	u.state.EmailVerified = true
	u.state.Version++
	u.state.UpdatedAt = now
	return nil
}
