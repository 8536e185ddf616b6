package portstest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

func (s suite) roles(t *testing.T) {
	for _, want := range []auth.OrganizationRole{
		auth.OrganizationOwner, auth.OrganizationAdmin, auth.OrganizationMember,
	} {
		caller, organization := somebody(), ids.New()
		s.do(t, func(ctx context.Context) error { return s.AddMember(ctx, organization, caller.UserID, want) })
		shared := s.addIn(t, &organization, somebody(), "Shop", monday)
		personal := s.add(t, caller, "Garden", monday)
		s.do(t, func(ctx context.Context) error {
			role, err := s.Projects.HoldRole(ctx, caller, shared.ID)
			require.Equal(t, want, role)
			require.NoError(t, err)
			role, err = s.Projects.HoldRole(ctx, caller, personal.ID)
			require.Zero(t, role)
			require.NoError(t, err)
			role, err = s.Projects.HoldRole(ctx, admin, shared.ID)
			require.Zero(t, role)
			return err
		})
	}
}

func (s suite) forgetsOrganization(t *testing.T) {
	owner := somebody()
	gone, stays := s.organization(t, owner), s.organization(t, owner)
	lost := []domain.State{s.addIn(t, gone, owner, "a", monday), s.addIn(t, gone, somebody(), "b", monday)}
	kept := []domain.State{s.addIn(t, stays, owner, "c", monday), s.add(t, owner, "d", monday)}
	one := domain.TaskCounts{Todo: 1}
	for i := range lost {
		s.do(t, func(ctx context.Context) error {
			require.NoError(t, s.Projects.Count(ctx, lost[i].ID, one))
			return s.Projects.Count(ctx, kept[i].ID, one)
		})
	}
	for range 2 { // the second finds nothing, and that is well
		s.do(t, func(ctx context.Context) error {
			require.NoError(t, s.Projects.LockOf(ctx, *gone))
			return s.Projects.ForgetOf(ctx, *gone)
		})
	}
	for i := range lost {
		s.requireMissing(t, admin, lost[i].ID)
		s.keep(t, domain.Restore(lost[i])) // whoever would take the id again finds nothing of it
		require.Equal(t, lost[i], s.find(t, admin, lost[i].ID))
		kept[i].TaskCounts = one
		require.Equal(t, kept[i], s.find(t, admin, kept[i].ID))
	}
}
