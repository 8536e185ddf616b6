package events

import (
	"time"

	"fasttrack/shared/ids"
)

// User is a user as other modules may keep them.
type User struct {
	UserID      ids.ID `json:"user_id"`
	Email       string `json:"email"`
	DisplayName string `json:"display_name"`
	Role        string `json:"role"` // user, admin
	IsActive    bool   `json:"is_active"`
	Version     int64  `json:"version"` // grows with every change; a copy ignores what is not newer
}

// UserRegistered says that there is a new user.
type UserRegistered struct {
	User
	At time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (UserRegistered) EventName() string { return "identity.user_registered" }

// UserChanged says that anything in [User] is different now: name, address, role or activation.
type UserChanged struct {
	User
	AccessChanged bool      `json:"access_changed"` // the role or the activation is among what is different
	At            time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (UserChanged) EventName() string { return "identity.user_changed" }

// The reasons for which a session ends.
const (
	SessionLogout      = "logout"      // by its user, this session or all of them
	SessionReplay      = "replay"      // a refresh token was used twice: theft
	SessionAdmin       = "admin"       // by an admin
	SessionPassword    = "password"    // the password was changed or reset
	SessionDeactivated = "deactivated" // the account was
)

// SessionEnded says that a session is over: nothing of it may be used any more.
type SessionEnded struct {
	SessionID ids.ID    `json:"session_id"`
	UserID    ids.ID    `json:"user_id"`
	Reason    string    `json:"reason"` // one of the constants above
	At        time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (SessionEnded) EventName() string { return "identity.session_ended" }
