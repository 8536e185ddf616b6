package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fasttrack/shared/ids"
)

// Session is one login on one device. It lives until it is ended, or until its live refresh token expires unused.
type Session struct{ state SessionState }

// SessionState is all that a session is made of.
type SessionState struct {
	ID         ids.ID
	UserID     ids.ID
	Device     Device
	Generation int64 // of the live refresh token, from 1
	CreatedAt  time.Time
	LastUsedAt time.Time // moves at most once a minute
	ExpiresAt  time.Time // when the live refresh token does
	EndedAt    *time.Time
	EndReason  string // one of the reasons of events.SessionEnded, empty while the session lives
}

// Device says where a session was opened.
type Device struct {
	IP        string
	UserAgent string
}

// The greatest lengths of what a device says of itself, in bytes.
const (
	maxIPLength        = 64
	maxUserAgentLength = 512
)

// NewDevice removes unprintable characters from its arguments and cuts what is too long: the client chose them, and
// a bad value is no reason to refuse a login.
func NewDevice(ip, userAgent string) Device {
	return Device{IP: printable(ip, maxIPLength), UserAgent: printable(userAgent, maxUserAgentLength)}
}

func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// OpenSession starts a session whose first refresh token lives for ttl.
func OpenSession(id, userID ids.ID, device Device, ttl time.Duration, now time.Time) *Session {
	return &Session{SessionState{
		ID: id, UserID: userID, Device: device, Generation: 1,
		CreatedAt: now, LastUsedAt: now, ExpiresAt: expiry(now, ttl),
	}}
}

// RestoreSession brings a session back from storage.
func RestoreSession(state SessionState) *Session { return &Session{state} }

// State returns a copy of what the session is made of.
func (s *Session) State() SessionState { return s.state }

// IsAlive reports whether the session may still be used.
func (s *Session) IsAlive(now time.Time) bool {
	return s.state.EndedAt == nil && now.Before(s.state.ExpiresAt)
}

// End ends the session; it reports false if that has happened before.
func (s *Session) End(reason string, now time.Time) bool {
	if s.state.EndedAt != nil {
		return false
	}
	s.state.EndedAt, s.state.EndReason = &now, reason
	return true
}

// Rotate makes the next generation the live one.
func (s *Session) Rotate(ttl time.Duration, now time.Time) {
	s.state.Generation++
	s.state.ExpiresAt = expiry(now, ttl)
	if now.Sub(s.state.LastUsedAt) >= time.Minute {
		s.state.LastUsedAt = now
	}
}

// expiry is a whole second, since tokens give their expiry in seconds.
func expiry(now time.Time, ttl time.Duration) time.Time { return now.Add(ttl).Truncate(time.Second) }
