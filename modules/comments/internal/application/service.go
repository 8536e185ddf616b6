// Package application implements the commands, queries and event reactions of comments.
package application

import (
	"context"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/modules/comments/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/precondition"
	"fasttrack/shared/uow"
)

// Parts is what a [Service] works with.
type Parts struct {
	Work     uow.UnitOfWork
	Comments ports.Comments
	Tasks    ports.Tasks
	Bus      *eventbus.Bus
	Now      clock.Clock
	NewID    ids.Generator
}

// Service carries out commands, queries and reactions. It is safe for concurrent use.
//
// Every command takes its locks in the same order: the copy of the project, those of memberships, that of the task, the
// comment.
type Service struct {
	work     uow.UnitOfWork
	comments ports.Comments
	tasks    ports.Tasks
	bus      *eventbus.Bus
	now      clock.Clock
	newID    ids.Generator
}

// New returns the service.
func New(p Parts) *Service {
	return &Service{p.Work, p.Comments, p.Tasks, p.Bus, p.Now, p.NewID}
}

// Get returns one comment on a task that the caller may see.
func (s *Service) Get(ctx context.Context, caller auth.Principal, id ids.ID) (domain.State, error) {
	return s.comments.Find(ctx, caller, id)
}

// List returns a page of the comments on a task that the caller may see.
func (s *Service) List(
	ctx context.Context, caller auth.Principal, taskID ids.ID, request page.Request,
) (page.Page[domain.State], error) {
	return s.comments.List(ctx, caller, taskID, request)
}

// Add creates a comment by the caller on a task, if the caller manages its project or is its assignee.
func (s *Service) Add(
	ctx context.Context, caller auth.Principal, taskID ids.ID, draft domain.Draft,
) (c *domain.Comment, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		held, err := s.tasks.Hold(ctx, caller, taskID)
		if err != nil {
			return err
		}
		asAdmin, err := held.Task.CheckMayComment(held.Caller)
		if err != nil {
			return err
		}
		c, err = domain.NewComment(s.newID(), caller.UserID, held.Task, draft, s.now())
		if err != nil {
			return err
		}
		if err := s.comments.Add(ctx, c); err != nil {
			return err
		}
		return s.bus.Publish(ctx, added(c, held, asAdmin))
	})
	return c, err
}

// AuthorizeAdd fails unless the caller may comment on a task, whether or not its project is archived.
func (s *Service) AuthorizeAdd(ctx context.Context, caller auth.Principal, taskID ids.ID) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		held, err := s.tasks.Hold(ctx, caller, taskID)
		if err != nil {
			return err
		}
		_, err = held.Task.CheckMayComment(held.Caller)
		return err
	})
}

// Change alters a comment, if the caller wrote it and its version is the one that the caller expects.
func (s *Service) Change(
	ctx context.Context, caller auth.Principal, id ids.ID, change domain.Change, expected precondition.If,
) (c *domain.Comment, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		var before int64
		c, err = s.comments.Update(ctx, caller, id, func(c *domain.Comment, by auth.Caller) error {
			if err := c.CheckMayChange(by); err != nil {
				return err
			}
			before = c.State().Version
			if err := c.Apply(change, s.now()); err != nil {
				return err
			}
			return expected.Check(before)
		})
		if err != nil || c.State().Version == before {
			return err
		}
		state := c.State()
		return s.bus.Publish(ctx, events.CommentChanged{
			CommentID: state.ID, TaskID: state.TaskID, ByID: caller.UserID, At: state.UpdatedAt,
		})
	})
	return c, err
}

// Delete removes a comment, if the caller wrote it or is a system admin, and its version is the one expected.
func (s *Service) Delete(ctx context.Context, caller auth.Principal, id ids.ID, expected precondition.If) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		var asAdmin bool
		c, err := s.comments.Delete(ctx, caller, id, func(c *domain.Comment, by auth.Caller) (err error) {
			if asAdmin, err = c.CheckMayDelete(by); err != nil {
				return err
			}
			if err := c.CheckDeletable(); err != nil {
				return err
			}
			return expected.Check(c.State().Version)
		})
		if err != nil {
			return err
		}
		state := c.State()
		return s.bus.Publish(ctx, events.CommentDeleted{
			CommentID: state.ID, TaskID: state.TaskID, AuthorID: state.AuthorID, ByID: caller.UserID, AsAdmin: asAdmin,
			At: s.now(),
		})
	})
}

func added(c *domain.Comment, held ports.Held, asAdmin bool) events.CommentAdded {
	s, t := c.State(), c.Task()
	return events.CommentAdded{
		CommentID: s.ID, Author: held.By, AsAdmin: asAdmin, At: s.CreatedAt,
		TaskID: t.ID, TaskTitle: t.Title, TaskCreatedBy: t.CreatedBy, CreatorSees: t.SeenBy(held.Creator),
		AssigneeID: t.AssigneeID,
		ProjectID:  t.Project.ID, ProjectOwnerID: t.Project.OwnerID, OrganizationID: t.Project.OrganizationID,
	}
}
