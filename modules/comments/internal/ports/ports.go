// Package ports says what the comments application needs from outside.
package ports

import (
	"context"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Comments keeps comments. For every method that is told who asks, only the comments of those tasks exist that this
// principal may see: those of projects that they see, and those assigned to them. Any other comment is
// domain.ErrNotFound, and any other task domain.ErrTaskNotFound. Having written a comment does not count.
type Comments interface {
	// Find returns one comment, in one statement.
	Find(ctx context.Context, who auth.Principal, id ids.ID) (domain.State, error)
	// List returns one page of the comments on a task, in at most two statements. Sort key: created_at.
	List(ctx context.Context, who auth.Principal, taskID ids.ID, request page.Request) (page.Page[domain.State], error)

	// Add keeps a new comment on a task that is held (Tasks.Hold). It needs a unit of work, as everything below does.
	Add(ctx context.Context, c *domain.Comment) error
	// Update holds the comment's task as Tasks.Hold does, locks the comment against other changes, lets change alter
	// it, and keeps it if its version grew. What change returns as an error is returned as it is.
	Update(ctx context.Context, who auth.Principal, id ids.ID, change func(*domain.Comment) error) (*domain.Comment, error)
	// Delete holds the comment's task as Tasks.Hold does, locks the comment against everything, asks check, and
	// removes it.
	Delete(ctx context.Context, who auth.Principal, id ids.ID, check func(*domain.Comment) error) (*domain.Comment, error)
}

// Tasks keeps this module's copies of tasks and their projects. Every method needs a unit of work.
type Tasks interface {
	// Hold reads the copies on which a comment depends and keeps them as they are until the unit of work ends: until
	// then the project is neither archived nor deleted, and the task neither assigned to another nor deleted. The
	// project is locked first, then the task. A task that who may not see is domain.ErrTaskNotFound.
	Hold(ctx context.Context, who auth.Principal, taskID ids.ID) (Held, error)

	// PutProject keeps a copy, unless there is one that is as new.
	PutProject(ctx context.Context, p domain.Project) error
	// PutTask keeps a copy of a task whose project is known, unless there is one that is as new. Of its project only
	// the id counts.
	PutTask(ctx context.Context, t domain.Task) error
	// ForgetProject removes the copy of a project with all of its tasks and their comments. It waits for everybody
	// who holds one of those tasks.
	ForgetProject(ctx context.Context, id ids.ID) error
	// ForgetTask removes the copy of a task and all of its comments. It waits for everybody who holds the task.
	ForgetTask(ctx context.Context, id ids.ID) error
}

// Held is a task that stays as it is, and who asked for it as others see them.
type Held struct {
	Task domain.Task
	By   events.Person
}
