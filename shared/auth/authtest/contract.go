package authtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
)

// Subject is an authenticator under [Contract], with what makes things happen to it.
type Subject struct {
	Authenticator auth.Authenticator
	// LogIn opens a session of a new user of the role and returns it with its access token.
	LogIn func(t *testing.T, role auth.Role) (auth.Principal, string)
	// LogInAgain opens another session of the same user.
	LogInAgain func(t *testing.T, p auth.Principal) (auth.Principal, string)
	// Revoke ends the session of the principal, or all of the user's sessions.
	Revoke func(t *testing.T, r auth.Revocation)
	// SetRole changes the role of the user.
	SetRole func(t *testing.T, p auth.Principal, role auth.Role)
	// Expire lets time pass until every token issued so far has expired.
	Expire func(t *testing.T)
}

// Contract checks what [auth.Authenticator] promises. newSubject is called once for each rule.
func Contract(t *testing.T, newSubject func(t *testing.T) Subject) {
	t.Helper()
	rule := func(name string, check func(t *testing.T, s Subject)) {
		t.Run(name, func(t *testing.T) { check(t, newSubject(t)) })
	}
	refused := func(t *testing.T, s Subject, token string, want error) {
		t.Helper()
		p, err := s.Authenticator.Authenticate(t.Context(), token)
		require.ErrorIs(t, err, want)
		require.Zero(t, p, "a refusal says nothing about who it might have been")
	}

	rule("a live token names its user, session, role and end", func(t *testing.T, s Subject) {
		want, token := s.LogIn(t, auth.RoleAdmin)
		got, err := s.Authenticator.Authenticate(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, want.UserID, got.UserID)
		require.Equal(t, want.SessionID, got.SessionID)
		require.Equal(t, auth.RoleAdmin, got.Role)
		require.WithinDuration(t, want.ExpiresAt, got.ExpiresAt, 0)
		require.False(t, got.ExpiresAt.IsZero())
	})
	rule("a token that was never issued is refused", func(t *testing.T, s Subject) {
		_, token := s.LogIn(t, auth.RoleUser)
		for _, bad := range []string{"", " ", "nonsense", "a.b.c", token + "x", token[:len(token)-1]} {
			refused(t, s, bad, auth.ErrUnauthenticated)
		}
	})
	rule("a token ends with its session, and no other does", func(t *testing.T, s Subject) {
		one, token := s.LogIn(t, auth.RoleUser)
		_, sibling := s.LogInAgain(t, one)
		s.Revoke(t, auth.Revocation{UserID: one.UserID, SessionID: one.SessionID})
		refused(t, s, token, auth.ErrTokenRevoked)
		_, err := s.Authenticator.Authenticate(t.Context(), sibling)
		require.NoError(t, err)
	})
	rule("all tokens of a user end together, and nobody else's", func(t *testing.T, s Subject) {
		one, token := s.LogIn(t, auth.RoleUser)
		_, sibling := s.LogInAgain(t, one)
		_, stranger := s.LogIn(t, auth.RoleUser)
		s.Revoke(t, auth.Revocation{UserID: one.UserID})
		refused(t, s, token, auth.ErrTokenRevoked)
		refused(t, s, sibling, auth.ErrTokenRevoked)
		_, err := s.Authenticator.Authenticate(t.Context(), stranger)
		require.NoError(t, err)
	})
	rule("a token expires", func(t *testing.T, s Subject) {
		_, token := s.LogIn(t, auth.RoleUser)
		s.Expire(t)
		refused(t, s, token, auth.ErrTokenExpired)
	})
	rule("the live role counts, not the one at login", func(t *testing.T, s Subject) {
		p, token := s.LogIn(t, auth.RoleUser)
		s.SetRole(t, p, auth.RoleAdmin)
		got, err := s.Authenticator.Authenticate(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, auth.RoleAdmin, got.Role)
	})
}
