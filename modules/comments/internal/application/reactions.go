package application

import (
	"context"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/events"
)

// KeepNewProject makes the copy of a new project.
func (s *Service) KeepNewProject(ctx context.Context, e events.ProjectCreated) error {
	return s.tasks.PutProject(ctx, copyOfProject(e.Project))
}

// KeepChangedProject brings the copy of a project up to date. It waits for whoever is commenting in the project.
func (s *Service) KeepChangedProject(ctx context.Context, e events.ProjectChanged) error {
	return s.tasks.PutProject(ctx, copyOfProject(e.Project))
}

// ForgetDeletedProject removes the copy of a project, those of its tasks, and all of their comments.
func (s *Service) ForgetDeletedProject(ctx context.Context, e events.ProjectDeleted) error {
	return s.tasks.ForgetProject(ctx, e.ProjectID)
}

// KeepNewTask makes the copy of a new task.
func (s *Service) KeepNewTask(ctx context.Context, e events.TaskCreated) error {
	return s.tasks.PutTask(ctx, copyOfTask(e.Task))
}

// KeepChangedTask brings the copy of a task up to date. It waits for whoever is commenting on the task.
func (s *Service) KeepChangedTask(ctx context.Context, e events.TaskChanged) error {
	return s.tasks.PutTask(ctx, copyOfTask(e.Task))
}

// KeepUnassignedTasks follows tasks that were taken from somebody who may not see them any more.
func (s *Service) KeepUnassignedTasks(ctx context.Context, e events.TasksUnassigned) error {
	return s.tasks.Unassign(ctx, e.TaskIDs, e.FormerAssigneeID)
}

// ForgetDeletedOrganization removes the copies of an organisation's projects, those of their tasks, and all of their
// comments.
func (s *Service) ForgetDeletedOrganization(ctx context.Context, e events.OrganizationDeleted) error {
	return s.tasks.ForgetProjectsOf(ctx, e.OrganizationID)
}

// ForgetDeletedTask removes the copy of a task and all of its comments.
func (s *Service) ForgetDeletedTask(ctx context.Context, e events.TaskDeleted) error {
	return s.tasks.ForgetTask(ctx, e.TaskID)
}

func copyOfProject(p events.Project) domain.Project {
	return domain.Project{
		ID: p.ProjectID, OwnerID: p.OwnerID, OrganizationID: p.OrganizationID, Archived: p.Archived, Version: p.Version,
	}
}

func copyOfTask(t events.Task) domain.Task {
	return domain.Task{
		ID: t.TaskID, Title: t.Title, CreatedBy: t.CreatedBy, AssigneeID: t.AssigneeID, Version: t.Version,
		Project: domain.Project{ID: t.ProjectID, OwnerID: t.ProjectOwnerID, OrganizationID: t.OrganizationID},
	}
}
