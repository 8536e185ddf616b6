package application

import (
	"context"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// GiveInbox makes the Inbox of a new user.
func (s *Service) GiveInbox(ctx context.Context, e events.UserRegistered) error {
	return s.add(ctx, domain.NewInbox(s.newID(), e.UserID, s.now()), e.UserID, false)
}

// CountNewTask adds a new task to the counts of its project.
func (s *Service) CountNewTask(ctx context.Context, e events.TaskCreated) error {
	return s.projects.Count(ctx, e.ProjectID, one(e.Status, +1))
}

// CountMovedTask moves a task from the count of its old status to that of its new one.
func (s *Service) CountMovedTask(ctx context.Context, e events.TaskStatusChanged) error {
	return s.projects.Count(ctx, e.ProjectID, one(e.OldStatus, -1).Plus(one(e.Status, +1)))
}

// UncountDeletedTask removes a deleted task from the counts of its project. It is not called for the tasks of a deleted
// project, whose counts are deleted too.
func (s *Service) UncountDeletedTask(ctx context.Context, e events.TaskDeleted) error {
	return s.projects.Count(ctx, e.ProjectID, one(e.Status, -1))
}

// LockDeletedOrganization locks everybody out of the projects of an organisation that is being deleted. They are there
// until [Service.ForgetDeletedOrganizations], since the tasks in them are still being counted.
func (s *Service) LockDeletedOrganization(ctx context.Context, e events.OrganizationDeleted) error {
	return s.projects.LockOf(ctx, e.OrganizationID)
}

// ForgetDeletedOrganizations removes the projects of organisations that are being deleted. It runs last before the
// commit: by then the tasks module has locked out every writer of tasks, so that no count is left behind.
func (s *Service) ForgetDeletedOrganizations(ctx context.Context, happened []eventbus.Event) error {
	for _, event := range happened {
		if e, ok := event.(events.OrganizationDeleted); ok {
			if err := s.projects.ForgetOf(ctx, e.OrganizationID); err != nil {
				return err
			}
		}
	}
	return nil
}

// one returns the counts of n tasks with the status.
func one(status string, n int64) domain.TaskCounts {
	switch status {
	case "in_progress":
		return domain.TaskCounts{InProgress: n}
	case "done":
		return domain.TaskCounts{Done: n}
	}
	return domain.TaskCounts{Todo: n}
}
