package portstest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Schemes is the contract of Users.HasOtherSchemes.
func Schemes(t *testing.T, s Stores) {
	const (
		scheme = "$argon2id$v=19$m=19456,t=2,p=1$"
		hashed = domain.PasswordHash(scheme + "CQ+/zJuH8f7r0k2H9aTn3A$9pSJ2R9U7mQ8cT+2l8o8ZcQ/3fV3v0mE4b1eY9kXh5s")
	)
	others := func() bool {
		t.Helper()
		found, err := s.Users.HasOtherSchemes(t.Context(), scheme)
		require.NoError(t, err)
		return found
	}
	keep := func(email string, hash domain.PasswordHash) ids.ID {
		t.Helper()
		state := user(t, email, "x", auth.RoleUser, clock.System()).State()
		state.PasswordHash = hash
		s.do(t, func(ctx context.Context) error { return s.Users.Add(ctx, domain.RestoreUser(state)) })
		return state.ID
	}
	require.False(t, others(), "nobody has a password")
	keep("current@example.com", hashed)
	require.False(t, others())
	id := keep("other@example.com", hashed)
	before := hashed
	for _, other := range []domain.PasswordHash{
		"$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"$2y$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"$argon2id$v=19$m=19456,t=2,p=10$aaaaaaaaaaaaaaaaaaaaaa$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"$argon2id$v=19$m=19456,t=2,p=2$zzzzzzzzzzzzzzzzzzzzzz$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"$argon2id$v=16$m=19456,t=2,p=1$zzzzzzzzzzzzzzzzzzzzzz$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"", "~", "plain",
	} {
		for _, next := range []domain.PasswordHash{other, hashed} {
			s.do(t, func(ctx context.Context) error {
				replaced, err := s.Users.ReplacePassword(ctx, id, before, next)
				require.True(t, replaced)
				return err
			})
			before = next
			require.Equal(t, next == other, others(), "%q", next)
		}
	}
}
