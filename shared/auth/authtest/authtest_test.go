package authtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	authtest.Contract(t, func(*testing.T) authtest.Subject {
		now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		tokens := authtest.NewTokens(func() time.Time { return now })
		return authtest.Subject{
			Authenticator: tokens,
			LogIn:         func(_ *testing.T, role auth.Role) (auth.Principal, string) { return tokens.User(role) },
			LogInAgain: func(_ *testing.T, p auth.Principal) (auth.Principal, string) {
				return tokens.Issue(auth.Principal{UserID: p.UserID, Role: p.Role})
			},
			Revoke:  func(_ *testing.T, r auth.Revocation) { tokens.Revoke(r) },
			SetRole: func(_ *testing.T, p auth.Principal, role auth.Role) { tokens.SetRole(p.UserID, role) },
			Expire:  func(*testing.T) { now = now.Add(2 * time.Hour) },
		}
	})
}

func TestRevocationsAreTold(t *testing.T) {
	t.Parallel()
	tokens := authtest.NewTokens(time.Now)
	var told []auth.Revocation
	tokens.OnRevoked(func(r auth.Revocation) { told = append(told, r) })
	p, _ := tokens.User(auth.RoleUser)
	tokens.Revoke(auth.Revocation{UserID: p.UserID, SessionID: p.SessionID})
	require.Equal(t, []auth.Revocation{{UserID: p.UserID, SessionID: p.SessionID}}, told)
}
