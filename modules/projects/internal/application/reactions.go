package application

import (
	"context"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/events"
)

// GiveInbox makes the Inbox of a new user.
func (s *Service) GiveInbox(ctx context.Context, e events.UserRegistered) error {
	return s.add(ctx, domain.NewInbox(s.newID(), e.UserID, s.now()), e.UserID)
}

// CountNewTask counts a task where it is.
func (s *Service) CountNewTask(ctx context.Context, e events.TaskCreated) error {
	return s.projects.Count(ctx, e.ProjectID, one(e.Status, +1))
}

// CountMovedTask counts a task where it is now and no longer where it was.
func (s *Service) CountMovedTask(ctx context.Context, e events.TaskStatusChanged) error {
	return s.projects.Count(ctx, e.ProjectID, one(e.OldStatus, -1).Plus(one(e.Status, +1)))
}

// UncountDeletedTask counts a task no longer. The tasks of a deleted project go with its counts.
func (s *Service) UncountDeletedTask(ctx context.Context, e events.TaskDeleted) error {
	return s.projects.Count(ctx, e.ProjectID, one(e.Status, -1))
}

// one returns n tasks of the status.
func one(status string, n int64) domain.TaskCounts {
	switch status {
	case "in_progress":
		return domain.TaskCounts{InProgress: n}
	case "done":
		return domain.TaskCounts{Done: n}
	}
	return domain.TaskCounts{Todo: n}
}
