package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Guesses is the contract of ports.Guesses.
func Guesses(t *testing.T, s Stores) {
	t.Run("what is kept is found again", s.guessesAreKept)
	t.Run("failures from one network are forgotten, or all", s.guessesAreForgotten)
	t.Run("where a user's sessions were opened", s.networksAreKnown)
}

func guessKey(account, network string) domain.GuessKey {
	return domain.GuessKey{Account: []byte(account), Network: network}
}

func (s Stores) look(t *testing.T, key domain.GuessKey) domain.Guesses {
	t.Helper()
	g, now, err := s.Guesses.Look(t.Context(), key)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), now, 10*time.Second)
	require.Equal(t, clock.Normal(now), now)
	return g
}

// fail counts a failure and returns what was counted then.
func (s Stores) fail(t *testing.T, key domain.GuessKey) (kept domain.Guesses) {
	t.Helper()
	s.do(t, func(ctx context.Context) error {
		g, now, err := s.Guesses.Lock(ctx, key)
		if err != nil {
			return err
		}
		kept = g.Fail(now)
		return s.Guesses.Keep(ctx, key, kept)
	})
	return kept
}

func (s Stores) guessesAreKept(t *testing.T) {
	home, away, other := guessKey("\x00\xff kept", "192.0.2.1"), guessKey("\x00\xff kept", "2001:db8::/64"), guessKey("x", "192.0.2.1")
	require.Equal(t, domain.Guesses{}, s.look(t, home))
	for range 3 {
		require.Equal(t, s.fail(t, home), s.look(t, home))
	}
	s.fail(t, away)
	require.Equal(t, 3, s.look(t, home).Failures)
	require.Equal(t, 1, s.look(t, away).Failures)
	require.Len(t, s.look(t, home).Recent, 4)
	require.Equal(t, s.look(t, home).Recent, s.look(t, away).Recent)
	require.Equal(t, domain.Guesses{}, s.look(t, other))
}

func (s Stores) guessesAreForgotten(t *testing.T) {
	home, away := guessKey("forgotten", "192.0.2.1"), guessKey("forgotten", "192.0.2.2")
	s.fail(t, home)
	s.fail(t, away)
	s.do(t, func(ctx context.Context) error { return s.Guesses.Clear(ctx, home) })
	require.Zero(t, s.look(t, home).Failures)
	require.Equal(t, 1, s.look(t, away).Failures)
	require.Len(t, s.look(t, home).Recent, 2, "from all networks")
	s.do(t, func(ctx context.Context) error { return s.Guesses.Forget(ctx, home.Account) })
	require.Equal(t, domain.Guesses{}, s.look(t, away))
}

func (s Stores) networksAreKnown(t *testing.T) {
	u := s.add(t, "networks@example.com", auth.RoleUser)
	s.open(t, u.State().ID, clock.System())
	known, err := s.Guesses.Networks(t.Context(), u.State().ID)
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.1"}, known)
	known, err = s.Guesses.Networks(t.Context(), ids.Nil)
	require.NoError(t, err)
	require.Empty(t, known)
}
