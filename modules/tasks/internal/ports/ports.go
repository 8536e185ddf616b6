// Package ports says what the tasks application needs from outside.
package ports

import (
	"context"
	"time"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Tasks keeps tasks. For every method that is told who asks, only those tasks exist that this principal may see: those
// of projects that they see, and those assigned to them; any other is domain.ErrNotFound.
//
// A method that writes wants the task's project held (Projects.Hold…) before.
type Tasks interface {
	// Find returns one task, in one statement.
	Find(ctx context.Context, who auth.Principal, id ids.ID) (*domain.Task, error)
	// ListInProject returns one page of a project's tasks, or domain.ErrProjectNotFound for who does not see the
	// project, the assignee of one of its tasks for one. Sort keys: created_at, updated_at, due_at, priority.
	ListInProject(
		ctx context.Context, who auth.Principal, projectID ids.ID, filter Filter, request page.Request,
	) (page.Page[domain.State], error)
	// ListOf returns one page of what a user has to do with: the tasks of the personal projects that they own, and
	// those assigned to them, each once. Sort keys as above.
	ListOf(ctx context.Context, userID ids.ID, filter Filter, request page.Request) (page.Page[domain.State], error)

	// Add keeps a new task. It needs a unit of work, as everything below does.
	Add(ctx context.Context, t *domain.Task) error
	// Update locks the task against other changes, lets change alter it, and keeps it if its version grew. What
	// change returns as an error is returned as it is.
	Update(ctx context.Context, who auth.Principal, id ids.ID, change func(*domain.Task) error) (*domain.Task, error)
	// Delete locks the task against everything, asks check, and removes it.
	Delete(ctx context.Context, who auth.Principal, id ids.ID, check func(*domain.Task) error) (*domain.Task, error)
}

// Filter chooses the tasks of a list. Its zero value chooses all.
type Filter struct {
	ProjectID *ids.ID          // nil: any
	Status    *domain.Status   // nil: any
	Completed *bool            // nil: both; otherwise whether the status is done
	Priority  *domain.Priority // nil: any
	Assignee  Assignee
	DueBefore *time.Time // due before this time; nil: whenever
	DueAfter  *time.Time // due at this time or after it; nil: whenever
}

// Assignee chooses tasks by who is to do them. Its zero value chooses all.
type Assignee struct {
	Nobody bool
	ID     *ids.ID // nil: anybody, unless Nobody
}

// Projects keeps this module's copies of projects. Every method needs a unit of work.
//
// Hold, HoldInbox and HoldOf read the copy that a write depends on, and keep it as it is until the unit of work ends:
// until then the project is neither archived nor deleted. A project is held before a user is, and both before a task
// is locked.
type Projects interface {
	// Hold holds a project that who may see, and fails with domain.ErrProjectNotFound for any other.
	Hold(ctx context.Context, who auth.Principal, id ids.ID) (Held, error)
	// HoldInbox holds the place of the principal's personal tasks.
	HoldInbox(ctx context.Context, who auth.Principal) (Held, error)
	// HoldOf holds the project of a task that who may see, and fails with domain.ErrNotFound for any other. The task
	// itself is not locked.
	HoldOf(ctx context.Context, who auth.Principal, taskID ids.ID) (Held, error)

	// Put keeps a copy, unless there is a newer one.
	Put(ctx context.Context, p domain.Project) error
	// Forget removes the copy with all of its tasks. It waits for everybody who holds it.
	Forget(ctx context.Context, id ids.ID) error
}

// Held is a project that stays as it is, and who asked for it as others see them.
type Held struct {
	Project domain.Project
	By      events.Person
}

// Users keeps this module's copies of users.
type Users interface {
	// HoldActive reports whether there is such a user and they are active. Until the unit of work ends, that stays so.
	HoldActive(ctx context.Context, id ids.ID) (bool, error)
}
