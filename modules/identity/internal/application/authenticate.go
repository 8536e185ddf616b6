package application

import (
	"context"
	"fmt"
	"time"

	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

var errCannotKnow = errs.New(errs.Unavailable, errs.CodeUnavailable, "sessions cannot be checked now; try again shortly").
	WithRetryAfter(time.Second)

// Authenticator implements auth.Authenticator: it accepts a well-signed, unexpired token unless the [Watch] knows of
// a change that invalidates it. While the watch is behind, it asks the database instead.
type Authenticator struct {
	tokens   ports.Tokens
	sessions ports.Sessions
	watch    *Watch
}

var _ auth.Authenticator = (*Authenticator)(nil)

// NewAuthenticator returns an authenticator.
func NewAuthenticator(tokens ports.Tokens, sessions ports.Sessions, watch *Watch) *Authenticator {
	return &Authenticator{tokens, sessions, watch}
}

// Authenticate implements auth.Authenticator.
func (a *Authenticator) Authenticate(ctx context.Context, token string) (auth.Principal, error) {
	claimed, err := a.tokens.ReadAccess(token)
	if err != nil {
		return auth.Principal{}, err
	}
	p, known, err := a.watch.memory.judge(claimed)
	if !known {
		p, err = a.ask(ctx, claimed)
	}
	if err != nil {
		return auth.Principal{}, err
	}
	return p, nil
}

func (a *Authenticator) ask(ctx context.Context, p auth.Principal) (auth.Principal, error) {
	standing, err := a.sessions.Standing(ctx, p.SessionID)
	switch {
	case err != nil && ctx.Err() != nil:
		return p, fmt.Errorf("ask whether a session is alive: %w", err)
	case err != nil:
		return p, errCannotKnow.WithCause(err)
	case !standing.Alive:
		return p, auth.ErrTokenRevoked
	}
	p.Role = standing.Role
	return p, nil
}
