package auth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

func TestThePrincipalRidesInTheContext(t *testing.T) {
	t.Parallel()
	p := auth.Principal{UserID: ids.New(), SessionID: ids.New(), Role: auth.RoleUser}

	_, ok := auth.From(context.Background())
	require.False(t, ok, "a public route")
	require.PanicsWithValue(t, "auth: no principal: the route is public, or its handler lost the request's context",
		func() { auth.Must(context.Background()) })

	ctx := auth.With(context.Background(), p)
	got, ok := auth.From(ctx)
	require.True(t, ok)
	require.Equal(t, p, got)
	require.Equal(t, p, auth.Must(ctx))
}

func TestOnlyAnAdminIsAnAdmin(t *testing.T) {
	t.Parallel()
	require.True(t, auth.Principal{Role: auth.RoleAdmin}.IsAdmin())
	require.False(t, auth.Principal{Role: auth.RoleUser}.IsAdmin())
	require.False(t, auth.Principal{}.IsAdmin())
}

func TestARevocationCoversOneSessionOrAllOfAUser(t *testing.T) {
	t.Parallel()
	user, stranger := ids.New(), ids.New()
	session, other := ids.New(), ids.New()
	p := auth.Principal{UserID: user, SessionID: session}
	for _, c := range []struct {
		name   string
		r      auth.Revocation
		covers bool
	}{
		{"this session", auth.Revocation{UserID: user, SessionID: session}, true},
		{"another session of the user", auth.Revocation{UserID: user, SessionID: other}, false},
		{"every session of the user", auth.Revocation{UserID: user}, true},
		{"every session of somebody else", auth.Revocation{UserID: stranger}, false},
		{"somebody else's session", auth.Revocation{UserID: stranger, SessionID: other}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.covers, c.r.Covers(p))
		})
	}
}

func TestEveryRefusalOfATokenIs401WithACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for _, err := range []*errs.Error{auth.ErrUnauthenticated, auth.ErrTokenExpired, auth.ErrTokenRevoked} {
		require.Equal(t, errs.Unauthenticated, err.Kind)
		codes[err.Code] = true
	}
	require.Equal(t, map[string]bool{"unauthenticated": true, "token_expired": true, "token_revoked": true}, codes)
}
