package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
)

// given is a task of the project that somebody is to do.
func (s suite) given(t *testing.T, p domain.Project, to auth.Principal) domain.State {
	t.Helper()
	return s.task(t, p, domain.Fields{AssigneeID: patch.To(to.UserID)}).State()
}

func (s suite) find(t *testing.T, id ids.ID) domain.State {
	t.Helper()
	task, err := s.Tasks.Find(t.Context(), admin(), id)
	require.NoError(t, err)
	return task.State()
}

func (s suite) unassigns(t *testing.T) {
	owner, leaver, stayer := s.principal(t, "Ada"), s.principal(t, "Bob"), s.principal(t, "Eve")
	organization := ids.New()
	shop, market := s.project(t, owner, of(organization)), s.project(t, owner, of(organization))
	archived := s.project(t, owner, of(organization))
	lost := map[ids.ID]domain.State{}
	for _, p := range []domain.Project{shop, market, archived, shop, market} {
		state := s.task(t, p, domain.Fields{Title: new("Sell"), Status: new("done"), AssigneeID: patch.To(leaver.UserID)}).State()
		lost[state.ID] = state
	}
	archived.Archived, archived.Version = true, 2 // which protects nobody's tasks
	s.do(t, func(ctx context.Context) error { return s.Projects.Put(ctx, archived) })
	kept := []domain.State{
		s.given(t, shop, stayer), s.given(t, s.project(t, owner, of(ids.New())), leaver), s.given(t, s.project(t, owner), leaver),
		s.task(t, shop, domain.Fields{}).State(),
	}
	now := monday.Add(time.Hour)
	var sizes []int
	s.do(t, func(ctx context.Context) error {
		require.NoError(t, s.Tasks.LockAssigned(ctx, organization, leaver.UserID))
		for {
			taken, err := s.Tasks.Unassign(ctx, organization, leaver.UserID, now, 2)
			require.NoError(t, err)
			for _, id := range taken {
				require.Contains(t, lost, id)
			}
			if sizes = append(sizes, len(taken)); len(taken) < 2 {
				return nil
			}
		}
	})
	require.Equal(t, []int{2, 2, 1}, sizes)
	for id, want := range lost {
		want.AssigneeID, want.UpdatedAt = nil, now
		want.Version++
		require.Equal(t, want, s.find(t, id))
	}
	for _, want := range kept {
		require.Equal(t, want, s.find(t, want.ID))
	}
}

func (s suite) forgetsOrganization(t *testing.T) {
	owner := s.principal(t, "Ada")
	organization := ids.New()
	shop, market := s.project(t, owner, of(organization)), s.project(t, owner, of(organization))
	elsewhere, garden := s.project(t, owner, of(ids.New())), s.project(t, owner)
	var lost, kept []ids.ID
	for range 3 {
		lost = append(lost, s.given(t, shop, owner).ID, s.given(t, market, owner).ID)
		kept = append(kept, s.given(t, elsewhere, owner).ID, s.given(t, garden, owner).ID)
	}
	for range 2 { // the second finds nothing, and that is well
		s.do(t, func(ctx context.Context) error { return s.Projects.ForgetOf(ctx, organization) })
	}
	for _, id := range lost {
		_, err := s.Tasks.Find(t.Context(), admin(), id)
		require.ErrorIs(t, err, domain.ErrNotFound)
	}
	for _, id := range kept {
		s.find(t, id)
	}
	for _, p := range []domain.Project{shop, market} {
		err := s.Work.Do(t.Context(), func(ctx context.Context) error {
			_, err := s.Projects.Hold(ctx, admin(), p.ID)
			return err
		})
		require.ErrorIs(t, err, domain.ErrProjectNotFound)
	}
	require.NotEmpty(t, titles(t, s.of(owner), ports.Filter{}, "created_at"))
}
