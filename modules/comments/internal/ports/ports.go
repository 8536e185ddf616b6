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

// Comments stores comments. A method that takes a caller finds only the comments on tasks that the caller may see:
// tasks of the projects that they may see, and tasks assigned to them. For any other comment it returns
// domain.ErrNotFound, and for any other task domain.ErrTaskNotFound. Being the author of a comment is not enough.
type Comments interface {
	// Find returns one comment, in one statement.
	Find(ctx context.Context, caller auth.Principal, id ids.ID) (domain.State, error)
	// List returns one page of the comments on a task, in at most two statements. Sort key: created_at.
	List(ctx context.Context, caller auth.Principal, taskID ids.ID, request page.Request) (page.Page[domain.State], error)

	// Add stores a new comment on a task that is held (Tasks.Hold). Add, Update and Delete need a unit of work.
	Add(ctx context.Context, c *domain.Comment) error
	// Update holds the comment's task as Tasks.Hold does, locks the comment against other changes, calls
	// change on it and on who the caller is then, and stores it if its version grew. An error of change is returned
	// unwrapped.
	Update(
		ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Comment, auth.Caller) error,
	) (*domain.Comment, error)
	// Delete holds the comment's task as Tasks.Hold does, locks the comment exclusively, calls check on it and on who
	// the caller is then, and removes it unless check fails. An error of check is returned unwrapped.
	Delete(
		ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Comment, auth.Caller) error,
	) (*domain.Comment, error)
}

// Tasks stores this module's copies of tasks and their projects. Every method needs a unit of work.
type Tasks interface {
	// Hold reads the copies on which a comment depends and locks them against changes until the unit of work ends:
	// until then the project is neither archived nor deleted, the caller and who created the task stay what they are in
	// its organisation, and the task is neither reassigned nor deleted. The project is locked first, then the memberships,
	// then the task. If the caller may not see the task, it returns domain.ErrTaskNotFound.
	Hold(ctx context.Context, caller auth.Principal, taskID ids.ID) (Held, error)

	// PutProject stores a copy, unless the stored one has the same or a newer version.
	PutProject(ctx context.Context, p domain.Project) error
	// PutTask stores a copy of a task, unless the stored one has the same or a newer version. The copy of its project
	// must exist; only the project's id is used.
	PutTask(ctx context.Context, t domain.Task) error
	// ForgetProject removes the copy of a project with all of its tasks and their comments. It waits until
	// nobody else holds one of those tasks.
	ForgetProject(ctx context.Context, id ids.ID) error
	// ForgetProjectsOf is ForgetProject for all projects of an organisation.
	ForgetProjectsOf(ctx context.Context, organizationID ids.ID) error
	// Unassign follows tasks that were taken from their assignee, which was one change of each. It leaves alone what is
	// assigned to somebody else.
	Unassign(ctx context.Context, tasks []ids.ID, from ids.ID) error
	// ForgetTask removes the copy of a task and all of its comments. It waits until nobody else holds the
	// task.
	ForgetTask(ctx context.Context, id ids.ID) error
}

// Held is a task that is held, and those whose part in it is.
type Held struct {
	Task    domain.Task
	Caller  auth.Caller
	By      events.Person // the caller as other users see them
	Creator auth.Caller   // who created the task
}
