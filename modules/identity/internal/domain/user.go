// Package domain says what a user and a session are, and what may be done with them.
package domain

import (
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The refusals of this module, beside those of shared/auth.
var (
	ErrNotFound           = errs.NotFoundf("there is no such user")
	ErrEmailTaken         = errs.New(errs.Conflict, "email_taken", "an account with this e-mail address exists already")
	ErrLastAdmin          = errs.New(errs.Conflict, "last_admin", "the last active admin must stay an active admin")
	ErrInvalidCredentials = errs.New(errs.Unauthenticated, "invalid_credentials", "the e-mail address or the password is wrong")
	ErrAccountDisabled    = errs.New(errs.Forbidden, "account_disabled", "the account has been deactivated")
	ErrNoSession          = errs.NotFoundf("there is no such session")
	ErrBusy               = errs.New(errs.Unavailable, errs.CodeUnavailable, "too many logins at once; try again shortly").WithRetryAfter(2 * time.Second)
	ErrBadRefreshToken    = errs.New(errs.Unauthenticated, errs.CodeUnauthenticated, "a valid refresh token is required")
)

// User is somebody with an account.
type User struct{ state UserState }

// UserState is all that a user is made of. PasswordHash never leaves this module.
type UserState struct {
	ID            ids.ID
	Email         Email
	DisplayName   string
	Role          auth.Role
	IsActive      bool
	EmailVerified bool
	PendingEmail  Email // that takes the place of Email once it is verified; zero: none
	PasswordHash  PasswordHash
	Version       int64 // counts changes by people, from 1
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// PasswordHash is what is kept of a password, in the form of its hash function. The empty one matches no password.
type PasswordHash string

// NewUser makes an active account out of a registration.
func NewUser(id ids.ID, r Registration, role auth.Role, hash PasswordHash, now time.Time) *User {
	return &User{UserState{
		ID: id, Email: r.email, DisplayName: r.displayName, Role: role, IsActive: true, PasswordHash: hash,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}}
}

// RestoreUser brings a user back from storage, where only valid ones are.
func RestoreUser(state UserState) *User { return &User{state} }

// State returns a copy of what the user is made of.
func (u *User) State() UserState { return u.state }

// IsActiveAdmin reports whether the user is an admin who can log in.
func (u *User) IsActiveAdmin() bool { return u.state.isActiveAdmin() }

func (s UserState) isActiveAdmin() bool { return s.IsActive && s.Role == auth.RoleAdmin }

// Apply changes the user. A change that changes nothing leaves the version alone. lastAdmin says that no other user
// is an active admin; then this user, if one, must remain one ([ErrLastAdmin]).
func (u *User) Apply(c UserChange, lastAdmin bool, now time.Time) error {
	next := u.state
	if c.displayName != nil {
		next.DisplayName = *c.displayName
	}
	if c.email != nil {
		next.PendingEmail = next.pending(*c.email)
	}
	if c.role != nil {
		next.Role = *c.role
	}
	if c.active != nil {
		next.IsActive = *c.active
	}
	if next == u.state {
		return nil
	}
	if lastAdmin && u.state.isActiveAdmin() && !next.isActiveAdmin() {
		return ErrLastAdmin
	}
	next.Version++
	next.UpdatedAt = now
	u.state = next
	return nil
}
