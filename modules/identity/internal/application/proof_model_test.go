package application

import (
	"errors"
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// modelSession is what a session is, by the rules alone: they are written down here once more, in the simplest way.
type modelSession struct {
	id        ids.ID
	tokens    []*modelToken // by generation; the last is the live one
	access    []modelAccess
	endReason string // empty while it was not ended

	// What the good client of the session knows: the newest token that it has, and whether it has sent that without
	// getting an answer.
	held    int
	pending bool
	// excuse says why the good client may lose the session; while there is none it must not.
	excuse string
}

type modelToken struct {
	text       string
	expiresAt  time.Time
	consumedAt *time.Time
}

type modelAccess struct {
	text      string
	expiresAt time.Time
}

func (s *modelSession) live() *modelToken { return s.tokens[len(s.tokens)-1] }

// alive reports whether the session can still be used.
func (s *modelSession) alive(now time.Time) bool {
	return s.endReason == "" && now.Before(s.live().expiresAt)
}

// end ends the session if it can still be used.
func (s *modelSession) end(reason, excuse string, now time.Time) {
	if s.alive(now) {
		s.endReason, s.excuse = reason, excuse
	}
}

// granted notes an answer with tokens.
func (s *modelSession) granted(g Grant, now time.Time) {
	s.access = append(s.access, modelAccess{g.AccessToken, now.Truncate(time.Second).Add(provenAccessTTL)})
}

// verdict is what the rules say of a token that is presented.
type verdict int

const (
	rotates verdict = iota
	repeats
	expired
	revoked
	replayed
)

func (s *modelSession) judge(token *modelToken, now time.Time) verdict {
	switch {
	case !now.Before(token.expiresAt):
		return expired
	case s.endReason != "":
		return revoked
	case token.consumedAt == nil:
		return rotates
	case now.Sub(*token.consumedAt) <= provenGrace:
		return repeats
	}
	return replayed
}

// refuses returns the error that a verdict comes with.
func (v verdict) refuses() error {
	switch v {
	case expired:
		return auth.ErrTokenExpired
	case revoked, replayed:
		return auth.ErrTokenRevoked
	default:
		return nil
	}
}

// accessError is what the rules say of an access token.
func (s *modelSession) accessError(a modelAccess, now time.Time) error {
	switch {
	case !now.Before(a.expiresAt):
		return auth.ErrTokenExpired
	case s.endReason != "":
		return auth.ErrTokenRevoked
	}
	return nil
}

// same reports whether an error is the expected one, or none where none is.
func same(err, want error) bool {
	if want == nil {
		return err == nil
	}
	return errors.Is(err, want)
}
