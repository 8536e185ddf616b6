package portstest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

func (s suite) roles(t *testing.T) {
	organization := ids.New()
	owner, member, former := s.principal(t, "Olga"), s.principal(t, "Max"), s.principal(t, "Former")
	s.join(t, organization, owner, auth.OrganizationOwner)
	s.join(t, organization, member, auth.OrganizationMember)
	project := s.project(t, former, of(organization))
	by := func(creator auth.Principal) func(*domain.Task) {
		return func(t *domain.Task) { t.CreatedBy = creator.UserID }
	}
	for _, c := range []struct {
		caller, creator auth.Principal
		role, creators  auth.OrganizationRole
	}{
		{owner, member, auth.OrganizationOwner, auth.OrganizationMember},
		{member, member, auth.OrganizationMember, auth.OrganizationMember},
		{member, former, auth.OrganizationMember, ""},
		{admin(), owner, "", auth.OrganizationOwner},
	} {
		task := s.task(t, project, by(c.creator))
		held, err := s.held(t, c.caller, task.ID)
		require.NoError(t, err)
		require.Equal(t, auth.Caller{Principal: c.caller, OrganizationRole: c.role}, held.Caller)
		require.Equal(t, auth.Caller{Principal: c.creator, OrganizationRole: c.creators}, held.Creator)

		comment := s.comment(t, task, c.caller)
		s.do(t, func(ctx context.Context) error {
			_, err := s.Comments.Update(ctx, c.caller, comment.State().ID, func(_ *domain.Comment, by auth.Caller) error {
				require.Equal(t, held.Caller, by)
				return nil
			})
			return err
		})
	}
	task := s.task(t, project, by(former))
	_, err := s.held(t, former, task.ID)
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
	lost := s.comment(t, task, former)
	_, err = s.Comments.Find(t.Context(), former, lost.State().ID)
	require.ErrorIs(t, err, domain.ErrNotFound, "to be the author is not enough")
	_, err = s.Comments.Find(t.Context(), member, lost.State().ID)
	require.NoError(t, err)
}

func (s suite) unassigns(t *testing.T) {
	leaver, stayer := s.principal(t, "Bob"), s.principal(t, "Eve")
	project := s.project(t, leaver, ofOrganisation)
	one, two := s.task(t, project, assignedTo(leaver)), s.task(t, project, assignedTo(leaver))
	taken, left := s.task(t, project, assignedTo(stayer)), s.task(t, project, assignedTo(leaver))
	for range 2 {
		s.do(t, func(ctx context.Context) error {
			return s.Tasks.Unassign(ctx, []ids.ID{one.ID, two.ID, taken.ID, ids.New()}, leaver.UserID)
		})
	}
	for _, want := range []domain.Task{one, two} {
		want.AssigneeID = nil
		want.Version++
		s.requireTask(t, want)
		// What is said later of the task is newer.
		want.Title = "Plant"
		want.Version++
		s.do(t, func(ctx context.Context) error { return s.Tasks.PutTask(ctx, want) })
		s.requireTask(t, want)
	}
	s.requireTask(t, taken)
	s.requireTask(t, left)
}

func (s suite) requireTask(t *testing.T, want domain.Task) {
	t.Helper()
	held, err := s.held(t, admin(), want.ID)
	require.NoError(t, err)
	require.Equal(t, want, held.Task)
}

func (s suite) forgetsOrganization(t *testing.T) {
	owner := s.principal(t, "Ada")
	organization := ids.New()
	shop, market := s.project(t, owner, of(organization)), s.project(t, owner, of(organization))
	elsewhere, garden := s.project(t, owner, ofOrganisation), s.project(t, owner)
	var lost, kept []*domain.Comment
	for range 3 {
		lost = append(lost, s.comment(t, s.task(t, shop), owner), s.comment(t, s.task(t, market), owner))
		kept = append(kept, s.comment(t, s.task(t, elsewhere), owner), s.comment(t, s.task(t, garden), owner))
	}
	for range 2 { // the second finds nothing, and that is well
		s.do(t, func(ctx context.Context) error { return s.Tasks.ForgetProjectsOf(ctx, organization) })
	}
	for _, c := range lost {
		s.requireGone(t, c)
		_, err := s.held(t, admin(), c.State().TaskID)
		require.ErrorIs(t, err, domain.ErrTaskNotFound)
	}
	for _, c := range kept {
		s.requireThere(t, c)
	}
}
