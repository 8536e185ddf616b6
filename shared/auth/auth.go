// Package auth says who is asking. The identity module decides it; every other module only reads a [Principal].
package auth

import (
	"context"
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// Role is what a user may do in the whole system.
type Role string

// The system's roles. An admin is the superuser.
const (
	RoleUser  Role = "user"
	RoleAdmin Role = "admin"
)

// Principal is the user and the session behind a request.
type Principal struct {
	UserID    ids.ID
	SessionID ids.ID
	Role      Role      // the live one, whatever the token says
	ExpiresAt time.Time // when the access token expires
}

// IsAdmin reports whether the principal is a system admin.
func (p Principal) IsAdmin() bool { return p.Role == RoleAdmin }

// The ways in which a token is refused.
var (
	ErrUnauthenticated = errs.New(errs.Unauthenticated, errs.CodeUnauthenticated, "a valid access token is required")
	ErrTokenExpired    = errs.New(errs.Unauthenticated, "token_expired", "the token has expired")
	ErrTokenRevoked    = errs.New(errs.Unauthenticated, "token_revoked", "the session of this token has ended")
)

// Authenticator tells who presents an access token.
type Authenticator interface {
	// Authenticate returns the principal of a live access token: well signed, unexpired, of a session that has not
	// ended and a user who is active. It fails with [ErrUnauthenticated], [ErrTokenExpired] or [ErrTokenRevoked],
	// and with an error of kind [errs.Unavailable] when it cannot know. It issues no SQL in the normal case.
	Authenticate(ctx context.Context, token string) (Principal, error)
}

// Revocation says that a session, or every session of a user, is no longer good.
type Revocation struct {
	UserID    ids.ID
	SessionID ids.ID // zero: all of the user's sessions
}

// Covers reports whether the principal's session is among those that ended.
func (r Revocation) Covers(p Principal) bool {
	if r.SessionID.IsZero() {
		return r.UserID == p.UserID
	}
	return r.SessionID == p.SessionID
}

// Revocations tells of sessions that ended, on this node at once and from any other node within a second.
type Revocations interface {
	// OnRevoked adds a listener. It is called from one goroutine, must return quickly, and must be added before
	// the program runs.
	OnRevoked(listener func(Revocation))
}

type key struct{}

// With returns a context that carries the principal.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, key{}, p)
}

// From returns the principal of the request; ok is false on a public route.
func From(ctx context.Context) (p Principal, ok bool) {
	p, ok = ctx.Value(key{}).(Principal)
	return p, ok
}

// Must returns the principal of a request on a route that demands one.
func Must(ctx context.Context) Principal {
	p, ok := From(ctx)
	if !ok {
		panic("auth: no principal: the route is public, or its handler lost the request's context")
	}
	return p
}
