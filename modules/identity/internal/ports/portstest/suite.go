// Package portstest is the contract of the stores: what every implementation must do.
package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Stores are implementations on one database, empty yet.
type Stores struct {
	Work     uow.UnitOfWork
	Users    ports.Users
	Sessions ports.Sessions
	Changes  ports.AccessChanges
	Audit    ports.Audit
	Guesses  ports.Guesses
	Remains  ports.Remains
	Mails    ports.Mails
}

func (s Stores) do(t *testing.T, fn func(ctx context.Context) error) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), fn))
}

// user returns a new user, not kept yet.
func user(t *testing.T, email, displayName string, role auth.Role, at time.Time) *domain.User {
	t.Helper()
	r, err := domain.NewRegistration(email, "password", &displayName, domain.PasswordPolicy{MinLength: 8})
	require.NoError(t, err)
	return domain.NewUser(ids.New(), r, role, "hash", at)
}

func (s Stores) add(t *testing.T, email string, role auth.Role) *domain.User {
	t.Helper()
	u := user(t, email, email, role, clock.System())
	s.do(t, func(ctx context.Context) error { return s.Users.Add(ctx, u) })
	return u
}

// open keeps a session of the user with its first token.
func (s Stores) open(t *testing.T, userID ids.ID, at time.Time) (*domain.Session, domain.RefreshToken) {
	t.Helper()
	session := domain.OpenSession(ids.New(), userID, domain.NewDevice("192.0.2.1", "agent"), time.Hour, at)
	token := session.LiveToken("key", []byte{0, 1, 255}, at)
	s.do(t, func(ctx context.Context) error { return s.Sessions.Open(ctx, session, token) })
	return session, token
}

func change(t *testing.T, displayName, role *string, active *bool) domain.UserChange {
	t.Helper()
	c, err := domain.NewUserChange(displayName, role, active)
	require.NoError(t, err)
	return c
}
