package argon2hash

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/errs"
)

func cheap() Config {
	return Config{MemoryKiB: 64, Iterations: 1, Concurrency: 1, Queue: 1, Patience: time.Minute}
}

func requireMatch(t *testing.T, want bool, h *Hasher, presented string, hash domain.PasswordHash) {
	t.Helper()
	v, err := h.Verify(t.Context(), presented, hash)
	require.NoError(t, err)
	require.Equal(t, want, v.Matches, "%q", presented)
}

func TestAPasswordMatchesItsHashAlone(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	one, err := h.Hash(t.Context(), "pass\x00word")
	require.NoError(t, err)
	two, err := h.Hash(t.Context(), "pass\x00word")
	require.NoError(t, err)
	require.NotEqual(t, one, two, "salted")
	for presented, want := range map[string]bool{"pass\x00word": true, "pass": false, "password": false, "": false} {
		requireMatch(t, want, h, presented, one)
	}
}

func TestAHashKeepsItsParameters(t *testing.T) {
	t.Parallel()
	hash, err := New(cheap()).Hash(t.Context(), "password")
	require.NoError(t, err)
	require.Contains(t, string(hash), "$argon2id$v=19$m=64,t=1,p=1$")
	requireMatch(t, true, New(Config{MemoryKiB: 128, Iterations: 2}), "password", hash)
	require.Equal(t, uint32(19456), New(Config{}).params.Memory)
}

func TestAHashOfAnotherKindIsOutdated(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	hash, err := h.Hash(t.Context(), "password")
	require.NoError(t, err)
	require.False(t, h.Outdated(hash))
	more := cheap()
	more.Iterations = 12
	require.True(t, New(more).Outdated(hash))
	for _, old := range []domain.PasswordHash{"$2a$10$xyz", "$argon2i$v=19$m=64,t=1,p=1$x$y", ""} {
		require.True(t, h.Outdated(old), old)
	}
}

func TestAHashOfBcryptMatchesThePasswordAsItWasPresented(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	old, err := bcrypt.GenerateFromPassword([]byte("A\u030a"), bcrypt.MinCost)
	require.NoError(t, err)
	for presented, want := range map[string]bool{"A\u030a": true, "\u00c5": false, "": false} {
		requireMatch(t, want, h, presented, domain.PasswordHash(old))
	}
}

// Each step of the cost is twice the work: with more than 12 somebody could take the processors by trying to log in.
func TestAHashOfBcryptMayCostSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	for cost, tooCostly := range map[int]bool{4: false, 13: true, 31: true} {
		hash := domain.PasswordHash(fmt.Sprintf("$2b$%02d$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", cost))
		v, err := New(cheap()).Verify(t.Context(), "password", hash)
		require.NoError(t, err)
		require.Equal(t, tooCostly, v.TooCostly, cost)
		require.False(t, v.Matches)
	}
}

// What is told of the work is that of the hash alone: who had to wait for a turn has not worked.
func TestTheWorkIsTold(t *testing.T) {
	t.Parallel()
	config := cheap()
	var running atomic.Int64
	config.Elapsed = func() time.Duration { return time.Duration(running.Add(1)) * time.Second }
	h := New(config)
	require.NoError(t, h.enter(t.Context()))
	told := make(chan time.Duration)
	go func() {
		v, _ := h.Verify(context.WithoutCancel(t.Context()), "password", "")
		told <- v.Took
	}()
	require.Eventually(t, func() bool { return h.present.Load() == 2 }, 10*time.Second, time.Millisecond)
	running.Add(100)
	h.leave()
	require.Equal(t, time.Second, <-told)
}

func TestTheSchemeIsWhatIsBeforeTheSalt(t *testing.T) {
	t.Parallel()
	require.Equal(t, "$argon2id$v=19$m=19456,t=2,p=1$", New(Config{}).Scheme())
	h := New(cheap())
	hash, err := h.Hash(t.Context(), "password")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(hash), h.Scheme()))
	require.Equal(t, 2, strings.Count(string(hash[len(h.Scheme())-1:]), "$"), "salt and key are left")
}

func TestAllSpellingsOfTheSameCharactersAreOnePassword(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	hash, err := h.Hash(t.Context(), "\u00c5 \ufb01 \u2460")
	require.NoError(t, err)
	for presented, want := range map[string]bool{
		"A\u030a fi 1": true, "\u212b \ufb01 \u2460": true, "A fi 1": false, "\u00e5 fi 1": false,
	} {
		requireMatch(t, want, h, presented, hash)
	}
}

// The dummy is verified like any hash, with the current parameters: what costs time is the same.
func TestNobodyHasNoPassword(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	for _, presented := range []string{"", "password", string(h.nobody)} {
		requireMatch(t, false, h, presented, "")
	}
	hash, err := h.Hash(t.Context(), "password")
	require.NoError(t, err)
	require.Len(t, h.nobody, len(hash))
	require.Equal(t, string(hash[:28]), string(h.nobody[:28]), "the same parameters")
}

func TestAMangledHashIsAnErrorThatDoesNotRepeatIt(t *testing.T) {
	t.Parallel()
	for _, bad := range []domain.PasswordHash{"sesame", "$argon2id$v=19$m=64,t=1,p=1$sesame!$x", "$2a$10$sesame"} {
		_, err := New(cheap()).Verify(t.Context(), "password", bad)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "sesame")
	}
}

func TestOneRunsOneWaitsTheRestIsSentAway(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	require.NoError(t, h.enter(t.Context()))
	ctx, leave := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() { waiting <- h.enter(ctx) }()
	require.Eventually(t, func() bool { return h.present.Load() == 2 }, 10*time.Second, time.Millisecond)

	_, err := h.Hash(t.Context(), "password")
	require.ErrorIs(t, err, domain.ErrBusy)
	_, err = h.Verify(t.Context(), "password", "")
	require.ErrorIs(t, err, domain.ErrBusy)

	leave() // the client has gone: the place is free for another
	err = <-waiting
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, domain.ErrBusy, "it was the client who ended it")
	go func() { waiting <- h.enter(t.Context()) }()
	require.Eventually(t, func() bool { return h.present.Load() == 2 }, 10*time.Second, time.Millisecond)
	h.leave()
	require.NoError(t, <-waiting)
	h.leave()
	requireIdle(t, h)
}

func TestWhoHasWaitedTooLongIsSentAway(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5*time.Second, New(Config{}).patience)
	config := cheap()
	config.Patience = time.Millisecond
	h := New(config)
	require.NoError(t, h.enter(t.Context()))
	_, err := h.Verify(t.Context(), "password", "")
	require.ErrorIs(t, err, domain.ErrBusy)
	busy, ok := errors.AsType[*errs.Error](err)
	require.True(t, ok)
	require.Positive(t, busy.RetryAfter)
	h.leave()
	requireIdle(t, h)
}

func TestWhoHasGoneAlreadyIsNotWorkedFor(t *testing.T) {
	t.Parallel()
	h := New(cheap())
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err := h.Hash(ctx, "password")
	require.ErrorIs(t, err, context.Canceled)
	requireIdle(t, h)
}

// requireIdle expects that nothing runs or waits, and that the next one can.
func requireIdle(t *testing.T, h *Hasher) {
	t.Helper()
	require.Zero(t, h.present.Load())
	require.Empty(t, h.slots)
	_, err := h.Hash(t.Context(), "password")
	require.NoError(t, err)
}
