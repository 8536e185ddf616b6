package application

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/identity/internal/adapters/argon2hash"
	"fasttrack/modules/identity/internal/adapters/gormstore"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// stride is a pace on a database, with a clock that stands still and pauses that are only noted.
type stride struct {
	*pace
	db        *database.DB
	passwords ports.Passwords
	running   time.Duration
	paused    time.Duration // the last
}

func newStride(t *testing.T, db *database.DB) *stride {
	t.Helper()
	s := &stride{db: db, passwords: argon2hash.New(argon2hash.Config{MemoryKiB: 64, Iterations: 1})}
	s.pace = newPace(Parts{
		Users: gormstore.NewUsers(db, clock.System), Passwords: s.passwords,
		Elapsed: func() time.Duration { return s.running },
		Pause: func(ctx context.Context, d time.Duration) error {
			s.paused = d
			return ctx.Err()
		},
	})
	return s
}

// pauseAfter returns for how long a refusal waits after so much work.
func (s *stride) pauseAfter(t *testing.T, worked time.Duration) time.Duration {
	t.Helper()
	s.paused = 0
	require.NoError(t, s.even(t.Context(), worked))
	return s.paused
}

func (s *stride) keepHash(t *testing.T, hash string) {
	t.Helper()
	r, err := domain.NewRegistration("ada@example.com", "password", nil, domain.PasswordPolicy{})
	require.NoError(t, err)
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		return s.users.Add(ctx, domain.NewUser(ids.New(), r, "user", domain.PasswordHash(hash), clock.System()))
	}))
}

func TestRefusalsAreEvenedOutOnlyWhileThereAreHashesOfOtherSchemes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := newStride(t, db)
		require.Zero(t, s.pauseAfter(t, time.Millisecond), "there are no accounts")
		s.keepHash(t, "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")
		s.running += schemesKnownFor - 1
		require.Zero(t, s.pauseAfter(t, time.Millisecond), "it is not looked up for each of them")
		s.running++
		for _, worked := range []time.Duration{0, 24 * time.Millisecond, 250 * time.Millisecond, refusalWork - 1} {
			require.Equal(t, refusalWork, worked+s.pauseAfter(t, worked))
		}
		require.Zero(t, s.pauseAfter(t, refusalWork))
		require.Zero(t, s.pauseAfter(t, refusalWork+time.Second))

		ours, err := s.passwords.Hash(t.Context(), "password")
		require.NoError(t, err)
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Exec("UPDATE users SET password_hash = ?", string(ours)).Error
		}))
		require.NotZero(t, s.pauseAfter(t, 0))
		s.running += schemesKnownFor
		require.Zero(t, s.pauseAfter(t, 0), "the last one was replaced")
	})
}

func TestARefusalIsEvenedOutWhenItCannotBeKnown(t *testing.T) {
	t.Parallel()
	s := newStride(t, dbtest.SQLite(t))
	gone, leave := context.WithCancel(t.Context())
	leave()
	require.ErrorIs(t, s.even(gone, 0), context.Canceled)
	require.Equal(t, refusalWork, s.paused)
	require.Zero(t, s.pauseAfter(t, 0), "that was not kept")
}

func TestWhoLeavesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancelCause(t.Context())
	leave(errors.New("the client has gone"))
	require.ErrorIs(t, waitFor(gone, time.Hour), context.Canceled)
	require.NoError(t, waitFor(t.Context(), time.Microsecond))
}
