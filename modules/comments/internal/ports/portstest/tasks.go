package portstest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/modules/comments/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// held returns what Hold gives, in a unit of work of its own.
func (s suite) held(t *testing.T, caller auth.Principal, taskID ids.ID) (held ports.Held, err error) {
	t.Helper()
	err = s.Work.Do(t.Context(), func(ctx context.Context) error {
		held, err = s.Tasks.Hold(ctx, caller, taskID)
		return err
	})
	return held, err
}

func (s suite) holds(t *testing.T) {
	owner, assignee := s.principal(t, "Ada"), s.principal(t, "Bob")
	task := s.task(t, s.project(t, owner), assignedTo(assignee))
	organisations := s.task(t, s.project(t, owner, ofOrganisation, func(p *domain.Project) { p.Archived = true }))
	for _, c := range []struct {
		caller auth.Principal
		task   domain.Task
		name   string
	}{
		{owner, task, "Ada"},
		{assignee, task, "Bob"},
		{admin(), organisations, ""}, // whom nobody told us about has no name yet
	} {
		held, err := s.held(t, c.caller, c.task.ID)
		require.NoError(t, err)
		require.Equal(t, c.task, held.Task)
		require.Equal(t, c.caller.UserID, held.By.ID)
		require.Equal(t, c.name, held.By.Name)
	}
	_, err := s.held(t, admin(), ids.New())
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
}

func (s suite) put(t *testing.T) {
	owner, assignee := s.principal(t, "Ada"), s.principal(t, "Bob")
	project := s.project(t, owner)
	task := s.task(t, project)
	newer, older := project, project
	newer.Archived, newer.Version = true, 3
	older.Version = 2
	same := newer
	same.Archived = false
	newerTask, olderTask := task, task
	newerTask.Title, newerTask.AssigneeID, newerTask.Version, newerTask.Project = "Plant", &assignee.UserID, 5, newer
	olderTask.Title, olderTask.Version = "Mow", 4
	sameTask := newerTask
	sameTask.Title, sameTask.AssigneeID = "Mow", nil
	s.do(t, func(ctx context.Context) error {
		for _, p := range []domain.Project{newer, older, same, project} {
			require.NoError(t, s.Tasks.PutProject(ctx, p))
		}
		for _, put := range []domain.Task{newerTask, olderTask, sameTask, task} {
			require.NoError(t, s.Tasks.PutTask(ctx, put))
		}
		return nil
	})
	held, err := s.held(t, owner, task.ID)
	require.NoError(t, err)
	require.Equal(t, newerTask, held.Task)
}

func (s suite) unknownProject(t *testing.T) {
	nowhere := domain.Task{ID: ids.New(), CreatedBy: ids.New(), Version: 1, Project: domain.Project{ID: ids.New()}}
	require.Error(t, s.Work.Do(t.Context(), func(ctx context.Context) error { return s.Tasks.PutTask(ctx, nowhere) }))
}

func (s suite) forgetTask(t *testing.T) {
	owner := s.principal(t, "Ada")
	project := s.project(t, owner)
	task, other := s.task(t, project), s.task(t, project)
	lost, kept := s.comment(t, task, owner), s.comment(t, other, owner)
	for range 2 { // the second finds nothing, and that is well
		s.do(t, func(ctx context.Context) error { return s.Tasks.ForgetTask(ctx, task.ID) })
	}
	s.requireGone(t, lost)
	s.requireThere(t, kept)
	_, err := s.held(t, owner, task.ID)
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
	_, err = s.held(t, owner, other.ID)
	require.NoError(t, err)
}

func (s suite) forgetProject(t *testing.T) {
	owner := s.principal(t, "Ada")
	gone, stays := s.project(t, owner), s.project(t, owner)
	one, two, other := s.task(t, gone), s.task(t, gone), s.task(t, stays)
	lost := []*domain.Comment{s.comment(t, one, owner), s.comment(t, two, owner), s.comment(t, two, owner)}
	kept := s.comment(t, other, owner)
	for range 2 {
		s.do(t, func(ctx context.Context) error { return s.Tasks.ForgetProject(ctx, gone.ID) })
	}
	for _, c := range lost {
		s.requireGone(t, c)
	}
	s.requireThere(t, kept)
	for _, id := range []ids.ID{one.ID, two.ID} {
		_, err := s.held(t, owner, id)
		require.ErrorIs(t, err, domain.ErrTaskNotFound)
	}
}
