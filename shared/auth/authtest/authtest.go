// Package authtest stands in for the identity module in the tests of others: [Tokens] knows who holds which token. It
// passes the same [Contract] as the real authenticator.
package authtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Tokens issues opaque tokens and forgets nothing. It is safe for concurrent use.
type Tokens struct {
	now clock.Clock

	mu        sync.Mutex
	issued    map[string]auth.Principal
	ended     []auth.Revocation
	roles     map[ids.ID]auth.Role
	listeners []func(auth.Revocation)
}

var (
	_ auth.Authenticator = (*Tokens)(nil)
	_ auth.Revocations   = (*Tokens)(nil)
)

// NewTokens returns an authenticator that nobody has a token of yet.
func NewTokens(now clock.Clock) *Tokens {
	return &Tokens{now: now, issued: map[string]auth.Principal{}, roles: map[ids.ID]auth.Role{}}
}

// User returns a new user of the role, in a session of their own that ends in an hour, and their token.
func (t *Tokens) User(role auth.Role) (auth.Principal, string) {
	return t.Issue(auth.Principal{UserID: ids.New(), Role: role})
}

// Issue returns a token for the principal, completed where it is empty: session, role user, expiry in an hour.
func (t *Tokens) Issue(p auth.Principal) (auth.Principal, string) {
	if p.SessionID.IsZero() {
		p.SessionID = ids.New()
	}
	if p.Role == "" {
		p.Role = auth.RoleUser
	}
	if p.ExpiresAt.IsZero() {
		p.ExpiresAt = t.now().Add(time.Hour)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	token := fmt.Sprintf("token-%d-%s", len(t.issued)+1, p.SessionID)
	t.issued[token] = p
	return p, token
}

// Revoke ends sessions and tells the listeners.
func (t *Tokens) Revoke(r auth.Revocation) {
	t.mu.Lock()
	t.ended = append(t.ended, r)
	listeners := t.listeners
	t.mu.Unlock()
	for _, tell := range listeners {
		tell(r)
	}
}

// SetRole changes the live role of a user, whatever their tokens say.
func (t *Tokens) SetRole(user ids.ID, role auth.Role) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roles[user] = role
}

// OnRevoked adds a listener, see [auth.Revocations].
func (t *Tokens) OnRevoked(listener func(auth.Revocation)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners = append(t.listeners, listener)
}

// Authenticate returns who holds the token, see [auth.Authenticator].
func (t *Tokens) Authenticate(_ context.Context, token string) (auth.Principal, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.issued[token]
	switch {
	case !ok:
		return auth.Principal{}, auth.ErrUnauthenticated
	case !t.now().Before(p.ExpiresAt):
		return auth.Principal{}, auth.ErrTokenExpired
	}
	for _, r := range t.ended {
		if r.Covers(p) {
			return auth.Principal{}, auth.ErrTokenRevoked
		}
	}
	if role, changed := t.roles[p.UserID]; changed {
		p.Role = role
	}
	return p, nil
}
