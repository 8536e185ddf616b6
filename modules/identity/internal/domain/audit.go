package domain

import (
	"time"

	"fasttrack/shared/ids"
)

// AuditEntry records one action on an account or a session, or an attempt, or what a system admin did as such. It holds
// no secret. If the account does not exist, it does not even hold the address that was tried.
type AuditEntry struct {
	ID         ids.ID
	At         time.Time
	ActorID    *ids.ID // nil: nobody who is known
	Action     string  // one of the constants, here and in admin_acts.go
	TargetType string  // one of the constants, here and in admin_acts.go
	TargetID   *ids.ID // nil: what was meant does not exist
	Origin     Origin
	Details    map[string]string // more, by names that depend on the action
}

// Origin says which request did something.
type Origin struct {
	Device    Device
	RequestID string
}

// What an [AuditEntry] tells of.
const (
	AuditRegister          = "register"
	AuditLogin             = "login"
	AuditLoginFailed       = "login_failed"
	AuditRefreshReplay     = "refresh_replay"   // a consumed token after the grace: the session ended
	AuditRefreshRepeated   = "refresh_repeated" // a consumed token within the grace, from another address or agent
	AuditLogout            = "logout"
	AuditLogoutAll         = "logout_all"
	AuditSessionEnded      = "session_ended"
	AuditPasswordRefused   = "password_refused" // the current one was asked for, and another presented
	AuditPasswordChanged   = "password_changed"
	AuditResetRequested    = "password_reset_requested" // for an account that exists or not, see its outcome
	AuditPasswordReset     = "password_reset"
	AuditEmailVerified     = "email_verified"
	AuditEmailRequested    = "email_change_requested"
	AuditEmailWithdrawn    = "email_change_withdrawn"
	AuditEmailChanged      = "email_changed"
	AuditProfileChanged    = "profile_changed"
	AuditRoleChanged       = "role_changed"
	AuditActivationChanged = "activation_changed"
)

// The types of targets.
const (
	TargetUser    = "user"
	TargetSession = "session"
)
