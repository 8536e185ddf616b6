package application

import (
	"context"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/events"
)

// KeepNewProject makes the copy of a new project.
func (s *Service) KeepNewProject(ctx context.Context, e events.ProjectCreated) error {
	return s.projects.Put(ctx, copyOf(e.Project))
}

// KeepChangedProject brings the copy of a project up to date. It waits for whoever is writing a task of the project.
func (s *Service) KeepChangedProject(ctx context.Context, e events.ProjectChanged) error {
	return s.projects.Put(ctx, copyOf(e.Project))
}

// ForgetDeletedProject removes the copy of a project and all of its tasks.
func (s *Service) ForgetDeletedProject(ctx context.Context, e events.ProjectDeleted) error {
	return s.projects.Forget(ctx, e.ProjectID)
}

func copyOf(p events.Project) domain.Project {
	return domain.Project{
		ID: p.ProjectID, OwnerID: p.OwnerID, OrganizationID: p.OrganizationID, Name: p.Name,
		Inbox: p.Inbox, Archived: p.Archived, Version: p.Version,
	}
}
