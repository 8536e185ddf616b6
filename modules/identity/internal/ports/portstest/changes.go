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

// AccessChanges is the contract of ports.AccessChanges. Each rule goes on from the last number.
func AccessChanges(t *testing.T, s Stores) {
	t.Run("changes are numbered without a gap and read back", s.changesAreNumbered)
	t.Run("what was rolled back has no number", s.rolledBackChanges)
	t.Run("many at once", s.manyChanges)
	t.Run("what expired long ago is pruned", s.changesArePruned)
}

// append appends and returns what was kept.
func (s Stores) append(t *testing.T, keep time.Duration, changes ...domain.AccessChange) (kept []domain.AccessChange) {
	t.Helper()
	s.do(t, func(ctx context.Context) (err error) {
		kept, err = s.Changes.Append(ctx, changes, keep)
		return err
	})
	return kept
}

func (s Stores) after(t *testing.T, seq int64, limit int) []domain.AccessChange {
	t.Helper()
	changes, err := s.Changes.After(t.Context(), seq, limit)
	require.NoError(t, err)
	return changes
}

func (s Stores) changesAreNumbered(t *testing.T) {
	require.Empty(t, s.after(t, 0, 10))
	ended := domain.AccessChange{SessionID: ids.New(), UserID: ids.New()}
	changed := domain.AccessChange{UserID: ids.New(), Role: auth.RoleAdmin, IsActive: true}
	inactive := domain.AccessChange{UserID: ids.New(), Role: auth.RoleUser}
	kept := append(s.append(t, time.Minute, ended, changed), s.append(t, time.Minute, inactive)...)
	for i, want := range []domain.AccessChange{ended, changed, inactive} {
		want.Seq, want.ExpiresAt = int64(i+1), kept[i].ExpiresAt
		require.Equal(t, want, kept[i])
		require.WithinDuration(t, time.Now().Add(time.Minute), kept[i].ExpiresAt, 10*time.Second)
		require.Equal(t, clock.Normal(kept[i].ExpiresAt), kept[i].ExpiresAt)
	}
	require.Equal(t, kept, s.after(t, 0, 10))
	require.Equal(t, kept[:2], s.after(t, 0, 2))
	require.Equal(t, kept[2:], s.after(t, 2, 10))
	require.Empty(t, s.after(t, 3, 10))
}

func (s Stores) rolledBackChanges(t *testing.T) {
	refusal := context.Canceled
	require.ErrorIs(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Changes.Append(ctx, []domain.AccessChange{{SessionID: ids.New(), UserID: ids.New()}}, time.Minute)
		require.NoError(t, err)
		return refusal
	}), refusal)
	require.EqualValues(t, 4, s.append(t, time.Minute, domain.AccessChange{SessionID: ids.New(), UserID: ids.New()})[0].Seq)
}

func (s Stores) manyChanges(t *testing.T) {
	many := make([]domain.AccessChange, 1203)
	for i := range many {
		many[i] = domain.AccessChange{SessionID: ids.New(), UserID: ids.New()}
	}
	kept := s.append(t, time.Minute, many...)
	require.EqualValues(t, 5, kept[0].Seq)
	require.EqualValues(t, 1207, kept[1202].Seq)
	require.Equal(t, kept, s.after(t, 4, 2000))
}

func (s Stores) changesArePruned(t *testing.T) {
	last := s.after(t, 0, 2000)
	seq := last[len(last)-1].Seq
	s.append(t, -2*time.Hour, domain.AccessChange{SessionID: ids.New(), UserID: ids.New()})
	kept := s.append(t, -2*time.Hour, domain.AccessChange{SessionID: ids.New(), UserID: ids.New()})
	kept = append(kept, s.append(t, -time.Minute, domain.AccessChange{SessionID: ids.New(), UserID: ids.New()})...)
	for _, want := range []int{1, 1, 0} {
		s.do(t, func(ctx context.Context) error {
			pruned, err := s.Changes.Prune(ctx, time.Hour, 1)
			require.Equal(t, want, pruned)
			return err
		})
	}
	require.Equal(t, kept[1:], s.after(t, seq, 10))
	require.Len(t, s.after(t, 0, 2000), len(last)+1)
}
