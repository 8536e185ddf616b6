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

// ForgetDeletedOrganization removes the copies of an organisation's projects and all of their tasks.
func (s *Service) ForgetDeletedOrganization(ctx context.Context, e events.OrganizationDeleted) error {
	return s.projects.ForgetOf(ctx, e.OrganizationID)
}

// unassignedAtOnce is how many tasks there are in one event.
const unassignedAtOnce = 500

// UnassignRemovedMember takes the organisation's tasks from somebody who is a member no more. The copy of the membership
// is gone already, so nobody can give them another.
func (s *Service) UnassignRemovedMember(ctx context.Context, e events.MemberRemoved) error {
	if err := s.tasks.LockAssigned(ctx, e.OrganizationID, e.UserID); err != nil {
		return err
	}
	now := s.now()
	for {
		tasks, err := s.tasks.Unassign(ctx, e.OrganizationID, e.UserID, now, unassignedAtOnce)
		if err != nil || len(tasks) == 0 {
			return err
		}
		err = s.bus.Publish(ctx, events.TasksUnassigned{
			TaskIDs: tasks, FormerAssigneeID: e.UserID, OrganizationID: e.OrganizationID, ByID: e.ByID, At: now,
		})
		if err != nil || len(tasks) < unassignedAtOnce {
			return err
		}
	}
}

func copyOf(p events.Project) domain.Project {
	return domain.Project{
		ID: p.ProjectID, OwnerID: p.OwnerID, OrganizationID: p.OrganizationID, Name: p.Name,
		Inbox: p.Inbox, Archived: p.Archived, Version: p.Version,
	}
}
