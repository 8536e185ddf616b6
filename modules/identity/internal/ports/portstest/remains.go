package portstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Remains is the contract of ports.Remains.
func Remains(t *testing.T, s Stores) {
	t.Run("sessions go with their last token, and no sooner", s.sessionsAreDeleted)
	t.Run("so many at once and no more", s.deletionIsBounded)
	t.Run("counters that say nothing any more", s.guessesAreDeleted)
	t.Run("mails that are long over", s.mailsAreDeleted)
}

func (s Stores) deleteSessions(t *testing.T, limit int) (deleted int) {
	t.Helper()
	s.do(t, func(ctx context.Context) (err error) {
		deleted, err = s.Remains.DeleteSessions(ctx, time.Hour, limit)
		return err
	})
	return deleted
}

// isThere reports whether the session exists.
func (s Stores) isThere(t *testing.T, id ids.ID) bool {
	t.Helper()
	there := false
	s.do(t, func(ctx context.Context) error {
		_, err := s.Sessions.Lock(ctx, id)
		there = err == nil
		return nil
	})
	return there
}

func (s Stores) rotate(t *testing.T, session *domain.Session, live domain.RefreshToken, at time.Time) domain.RefreshToken {
	t.Helper()
	live.ConsumedAt = &at
	session.Rotate(time.Hour, at)
	next := session.LiveToken("key", []byte{1}, at)
	s.do(t, func(ctx context.Context) error { return s.Sessions.Rotate(ctx, session, live, next) })
	return next
}

func (s Stores) sessionsAreDeleted(t *testing.T) {
	u, now := s.add(t, "remains@example.com", auth.RoleUser).State().ID, clock.System()
	over, first := s.open(t, u, now.Add(-10*time.Hour)) // each token lives for an hour
	s.rotate(t, over, s.rotate(t, over, first, now.Add(-10*time.Hour)), now.Add(-9*time.Hour))
	recent, _ := s.open(t, u, now.Add(-90*time.Minute))
	alive, old := s.open(t, u, now.Add(-10*time.Hour))
	live := s.rotate(t, alive, old, now)

	require.Equal(t, 2, s.deleteSessions(t, 2))
	require.True(t, s.isThere(t, over.State().ID), "it has a token yet")
	require.Equal(t, 2, s.deleteSessions(t, 100))
	require.Zero(t, s.deleteSessions(t, 100))
	require.False(t, s.isThere(t, over.State().ID))
	require.True(t, s.isThere(t, recent.State().ID), "it expired a short time ago")
	require.True(t, s.isThere(t, alive.State().ID))
	s.do(t, func(ctx context.Context) error {
		kept, err := s.Sessions.Tokens(ctx, alive.State().ID, old.Generation, live.Generation)
		require.Len(t, kept, 1, "tokens of a living session go as well, once nobody can use them")
		return err
	})
}

func (s Stores) deletionIsBounded(t *testing.T) {
	u := s.add(t, "many@example.com", auth.RoleUser).State().ID
	for range 7 {
		s.open(t, u, clock.System().Add(-10*time.Hour))
	}
	for _, want := range []int{3, 3, 1, 0} {
		require.Equal(t, want, s.deleteSessions(t, 3))
	}
}

func (s Stores) guessesAreDeleted(t *testing.T) {
	for i := range 4 {
		key := guessKey(fmt.Sprint("remains ", i), "192.0.2.1")
		s.do(t, func(ctx context.Context) error {
			g, now, err := s.Guesses.Lock(ctx, key)
			if err != nil {
				return err
			}
			g = g.Fail(now)
			if i > 0 {
				g.ForgetAt = now.Add(-time.Second)
			}
			return s.Guesses.Keep(ctx, key, g)
		})
	}
	remove := func(limit int) (deleted int) {
		s.do(t, func(ctx context.Context) (err error) {
			deleted, err = s.Remains.DeleteGuesses(ctx, limit)
			return err
		})
		return deleted
	}
	require.Equal(t, 4, remove(4))
	require.Equal(t, 2, remove(4), "of three accounts, and three pairs")
	require.Zero(t, remove(4))
	require.Equal(t, 1, s.look(t, guessKey("remains 0", "192.0.2.1")).Failures)
	require.Zero(t, s.look(t, guessKey("remains 1", "192.0.2.1")).Failures)
}

func (s Stores) mailsAreDeleted(t *testing.T) {
	u, now := s.add(t, "letters@example.com", auth.RoleUser).State(), clock.System()
	keep := func(age time.Duration) domain.Mail {
		m := domain.NewMail(ids.New(), domain.EmailChanging, u, now.Add(-age))
		s.do(t, func(ctx context.Context) error { return s.Mails.Add(ctx, m) })
		return m
	}
	keep(30 * 24 * time.Hour)
	keep(20 * 24 * time.Hour)
	fresh := keep(time.Minute)
	for _, want := range []int{1, 1, 0} {
		s.do(t, func(ctx context.Context) error {
			deleted, err := s.Remains.DeleteMails(ctx, 10*24*time.Hour, 1)
			require.Equal(t, want, deleted)
			return err
		})
	}
	_, err := s.Mails.Find(t.Context(), fresh.ID)
	require.NoError(t, err)
}
