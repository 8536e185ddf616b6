package application

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// hourglass is a memory whose clocks stand still until the test moves them.
type hourglass struct {
	*memory
	at      time.Time
	running time.Duration
}

func newHourglass() *hourglass {
	h := &hourglass{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	h.memory = newMemory(func() time.Time { return h.at }, func() time.Duration { return h.running })
	return h
}

func (h *hourglass) ended(seq int64, p auth.Principal) domain.AccessChange {
	return domain.AccessChange{Seq: seq, SessionID: p.SessionID, UserID: p.UserID, ExpiresAt: h.at.Add(time.Minute)}
}

func (h *hourglass) user(seq int64, p auth.Principal, role auth.Role, active bool) domain.AccessChange {
	return domain.AccessChange{Seq: seq, UserID: p.UserID, Role: role, IsActive: active, ExpiresAt: h.at.Add(time.Minute)}
}

func (h *hourglass) require(t *testing.T, p auth.Principal, role auth.Role, err error) {
	t.Helper()
	h.completeAsOf(h.running)
	judged, known, refusal := h.judge(p)
	require.True(t, known)
	require.ErrorIs(t, refusal, err)
	if err == nil {
		require.Equal(t, role, judged.Role)
	}
}

func somebody() auth.Principal {
	return auth.Principal{UserID: ids.New(), SessionID: ids.New(), Role: auth.RoleUser}
}

func TestMemoryCountsOnlyWhileItIsFresh(t *testing.T) {
	t.Parallel()
	h, p := newHourglass(), somebody()
	known := func() bool {
		_, known, err := h.judge(p)
		require.NoError(t, err)
		return known
	}
	require.False(t, known(), "nothing was read yet")
	h.completeAsOf(0)
	require.True(t, known())
	h.running = trustFor - 1
	require.True(t, known())
	h.running = trustFor
	require.False(t, known())
	h.at = h.at.Add(-time.Hour) // somebody sets the clock back
	require.False(t, known())
	h.completeAsOf(h.running)
	require.True(t, known())
}

func TestTheLatestChangeOfAUserCounts(t *testing.T) {
	t.Parallel()
	h, p := newHourglass(), somebody()
	h.learn([]domain.AccessChange{h.user(5, p, auth.RoleAdmin, true)})
	h.require(t, p, auth.RoleAdmin, nil)
	h.follow([]domain.AccessChange{h.user(4, p, auth.RoleUser, false), h.user(5, p, auth.RoleAdmin, true)})
	h.require(t, p, auth.RoleAdmin, nil)
	h.follow([]domain.AccessChange{h.user(6, p, auth.RoleAdmin, false)})
	h.require(t, p, "", auth.ErrTokenRevoked)
	h.follow([]domain.AccessChange{h.user(7, p, auth.RoleUser, true)})
	h.require(t, p, auth.RoleUser, nil)
	require.EqualValues(t, 7, h.position())
}

func TestAnEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	h, p := newHourglass(), somebody()
	sibling := auth.Principal{UserID: p.UserID, SessionID: ids.New(), Role: auth.RoleUser}
	h.learn([]domain.AccessChange{h.ended(9, p)})
	require.Zero(t, h.position(), "what a unit of work made says nothing about what others made before")
	h.require(t, p, "", auth.ErrTokenRevoked)
	h.require(t, sibling, auth.RoleUser, nil)
	h.follow([]domain.AccessChange{h.user(10, p, auth.RoleAdmin, true)})
	h.require(t, p, "", auth.ErrTokenRevoked)
	h.require(t, sibling, auth.RoleAdmin, nil)
}

func TestEachRevocationIsToldOnce(t *testing.T) {
	t.Parallel()
	h, p := newHourglass(), somebody()
	changes := []domain.AccessChange{h.ended(1, p), h.user(2, p, auth.RoleUser, false), h.user(3, p, auth.RoleUser, true)}
	h.learn(changes)
	h.follow(changes)
	require.Equal(t, []auth.Revocation{{UserID: p.UserID, SessionID: p.SessionID}, {UserID: p.UserID}}, h.takeRevocations())
	require.Empty(t, h.takeRevocations())
}

func TestWhatCannotMatterIsForgotten(t *testing.T) {
	t.Parallel()
	h, p := newHourglass(), somebody()
	h.learn([]domain.AccessChange{h.ended(1, p), h.user(2, p, auth.RoleUser, false)})
	h.at = h.at.Add(time.Minute)
	h.forgetExpired()
	h.require(t, p, "", auth.ErrTokenRevoked)
	h.at = h.at.Add(time.Microsecond)
	h.forgetExpired()
	require.Empty(t, h.memory.ended)
	require.Empty(t, h.users)
	h.at = h.at.Add(-time.Hour)
	old := h.ended(3, p)
	h.at = h.at.Add(2 * time.Hour)
	h.follow([]domain.AccessChange{old})
	require.Empty(t, h.memory.ended, "it is not even taken up")
	require.EqualValues(t, 3, h.position())
}
