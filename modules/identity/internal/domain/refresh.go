package domain

import (
	"time"

	"fasttrack/shared/ids"
)

// RefreshToken is what is kept of one generation of a session's refresh token. The token itself is not: whoever
// holds the key can make it again from this.
type RefreshToken struct {
	SessionID  ids.ID
	Generation int64
	KeyID      string // which key made and signs it
	Hash       []byte // SHA-256 of its secret part
	IssuedAt   time.Time
	ExpiresAt  time.Time
	ConsumedAt *time.Time // when it was exchanged for its successor
}

// LiveToken returns the record of the session's live generation, at the moment when it is issued.
func (s *Session) LiveToken(keyID string, hash []byte, now time.Time) RefreshToken {
	return RefreshToken{
		SessionID: s.state.ID, Generation: s.state.Generation, KeyID: keyID, Hash: hash,
		IssuedAt: now.Truncate(time.Second), ExpiresAt: s.state.ExpiresAt,
	}
}

// Verdict says what is to be done about a refresh token that somebody presents.
type Verdict int

// The verdicts.
const (
	Revoked  Verdict = iota // refuse: its session has ended
	Expired                 // refuse: it is too old
	Live                    // exchange it for its successor
	Repeated                // answer with the live token: another tab, or an answer that was lost
	Replayed                // theft: end the session
)

// Judge decides about a token of this session. A consumed one may be repeated for as long as grace, counted from its
// consumption (not at all if that is zero), while the session is alive; after that somebody else has used it.
func (s *Session) Judge(presented RefreshToken, grace time.Duration, now time.Time) Verdict {
	switch {
	case s.state.EndedAt != nil:
		return Revoked
	case !now.Before(presented.ExpiresAt), !now.Before(s.state.ExpiresAt):
		return Expired
	case presented.ConsumedAt == nil:
		return Live
	case grace > 0 && now.Sub(*presented.ConsumedAt) <= grace:
		return Repeated
	}
	return Replayed
}
