// Package gormstore keeps users, sessions and access changes in SQLite or PostgreSQL.
package gormstore

import (
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// userRow is a user as the table users has it.
type userRow struct {
	ID            ids.ID
	Email         string
	EmailKey      string
	DisplayName   string
	Role          string
	IsActive      bool
	EmailVerified bool
	PendingEmail  *string
	PasswordHash  string
	Version       int64
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

const userColumns = `id, email, email_key, display_name, role, is_active, email_verified, pending_email, password_hash,
	version, created_at, updated_at`

func (r userRow) user() *domain.User {
	var pending domain.Email
	if r.PendingEmail != nil {
		pending = domain.RestoreEmail(*r.PendingEmail)
	}
	return domain.RestoreUser(domain.UserState{
		ID: r.ID, Email: domain.RestoreEmail(r.Email), DisplayName: r.DisplayName, Role: auth.Role(r.Role),
		IsActive: r.IsActive, EmailVerified: r.EmailVerified, PendingEmail: pending,
		PasswordHash: domain.PasswordHash(r.PasswordHash), Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	})
}

// insertedUser is what a new user brings into the table.
func insertedUser(s domain.UserState) map[string]any {
	values := updatedUser(s)
	values["id"] = s.ID
	values["created_at"] = s.CreatedAt
	return values
}

// updatedUser is what a change may alter.
func updatedUser(s domain.UserState) map[string]any {
	var pending *string
	if s.PendingEmail != (domain.Email{}) {
		pending = new(s.PendingEmail.String())
	}
	return map[string]any{
		"email": s.Email.String(), "email_key": s.Email.Key(), "search_key": searchKey(s),
		"display_name": s.DisplayName, "role": string(s.Role), "is_active": s.IsActive,
		"email_verified": s.EmailVerified, "pending_email": pending, "password_hash": string(s.PasswordHash),
		"version": s.Version, "updated_at": s.UpdatedAt,
	}
}

// searchKey is what a search looks into: address and name, on lines of their own.
func searchKey(s domain.UserState) string { return s.Email.Key() + "\n" + text.Fold(s.DisplayName) }

// sessionRow is a session as the table sessions has it.
type sessionRow struct {
	ID         ids.ID
	UserID     ids.ID
	IP         string
	UserAgent  string
	Generation int64
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
	EndedAt    *time.Time
	EndReason  string
}

const sessionColumns = `sessions.id, sessions.user_id, sessions.ip, sessions.user_agent, sessions.generation,
	sessions.created_at, sessions.last_used_at, sessions.expires_at, sessions.ended_at, sessions.end_reason`

func (r sessionRow) session() *domain.Session {
	return domain.RestoreSession(domain.SessionState{
		ID: r.ID, UserID: r.UserID, Device: domain.Device{IP: r.IP, UserAgent: r.UserAgent}, Generation: r.Generation,
		CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt, ExpiresAt: r.ExpiresAt,
		EndedAt: r.EndedAt, EndReason: r.EndReason,
	})
}

// listedRow is a session with its user, as the list of all sessions reads it.
type listedRow struct {
	Session     sessionRow `gorm:"embedded"`
	Alive       bool
	Email       string
	DisplayName string
}

func (r listedRow) listed() ports.ListedSession {
	return ports.ListedSession{
		Session: r.Session.session(), Alive: r.Alive, Email: r.Email, DisplayName: r.DisplayName,
	}
}

// insertedSession is what a new session brings into the table.
func insertedSession(s domain.SessionState) map[string]any {
	return map[string]any{
		"id": s.ID, "user_id": s.UserID, "ip": s.Device.IP, "user_agent": s.Device.UserAgent,
		"generation": s.Generation, "created_at": s.CreatedAt, "last_used_at": s.LastUsedAt,
		"expires_at": s.ExpiresAt, "ended_at": s.EndedAt, "end_reason": s.EndReason,
	}
}

// tokenRow is a refresh token as the table refresh_tokens has it.
type tokenRow struct {
	SessionID  ids.ID
	Generation int64
	Kid        string
	TokenHash  []byte
	IssuedAt   time.Time
	ExpiresAt  time.Time
	ConsumedAt *time.Time
}

func (r tokenRow) token() domain.RefreshToken {
	return domain.RefreshToken{
		SessionID: r.SessionID, Generation: r.Generation, KeyID: r.Kid, Hash: r.TokenHash,
		IssuedAt: r.IssuedAt, ExpiresAt: r.ExpiresAt, ConsumedAt: r.ConsumedAt,
	}
}

// insertedToken is what a new token brings into the table.
func insertedToken(t domain.RefreshToken) map[string]any {
	return map[string]any{
		"session_id": t.SessionID, "generation": t.Generation, "kid": t.KeyID, "token_hash": t.Hash,
		"issued_at": t.IssuedAt, "expires_at": t.ExpiresAt, "consumed_at": t.ConsumedAt,
	}
}

// changeRow is an access change as the table identity_changes has it.
type changeRow struct {
	Seq       int64
	SessionID ids.ID // none for NULL
	UserID    ids.ID
	Role      string
	IsActive  bool
	ExpiresAt time.Time
}

const changeColumns = `seq, session_id, user_id, COALESCE(role, '') AS role, COALESCE(is_active, false) AS is_active,
	expires_at`

func (r changeRow) change() domain.AccessChange {
	return domain.AccessChange{
		Seq: r.Seq, SessionID: r.SessionID, UserID: r.UserID, Role: auth.Role(r.Role), IsActive: r.IsActive,
		ExpiresAt: r.ExpiresAt,
	}
}

// insertedChange is what a change brings into the table.
func insertedChange(c domain.AccessChange) map[string]any {
	values := map[string]any{
		"seq": c.Seq, "session_id": nil, "user_id": c.UserID, "role": nil, "is_active": nil, "expires_at": c.ExpiresAt,
	}
	if c.SessionID.IsZero() {
		values["role"], values["is_active"] = string(c.Role), c.IsActive
	} else {
		values["session_id"] = c.SessionID
	}
	return values
}
