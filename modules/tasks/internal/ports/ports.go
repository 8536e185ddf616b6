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

// Tasks stores tasks. A method that takes a caller finds only the tasks that the caller may see: those of the projects
// that they may see, and those assigned to them. For any other task it returns domain.ErrNotFound.
//
// Before a method that writes is called, the task's project must be held (Projects.Hold, HoldInbox or HoldOf).
type Tasks interface {
	// Find returns one task, in one statement.
	Find(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Task, error)
	// ListInProject returns one page of a project's tasks, or domain.ErrProjectNotFound if the caller does not see
	// the project; being the assignee of one of its tasks is not enough. Sort keys: created_at, updated_at, due_at,
	// priority.
	ListInProject(
		ctx context.Context, caller auth.Principal, projectID ids.ID, filter Filter, request page.Request,
	) (page.Page[domain.State], error)
	// ListOf returns one page of a user's tasks: those of the personal projects that they own, and those assigned to
	// them, each once. Sort keys: as in ListInProject.
	ListOf(ctx context.Context, userID ids.ID, filter Filter, request page.Request) (page.Page[domain.State], error)

	// Add stores a new task. Add, Update and Delete need a unit of work.
	Add(ctx context.Context, t *domain.Task) error
	// Update locks the task against other changes, calls change on it, and stores it if its version grew. An
	// error of change is returned unwrapped.
	Update(ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Task) error) (*domain.Task, error)
	// Delete locks the task exclusively, calls check on it, and removes it unless check fails. An error of check is
	// returned unwrapped.
	Delete(ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Task) error) (*domain.Task, error)

	// LockAssigned locks all tasks of a user in the projects of an organisation against other changes, in the order of
	// their ids. Nobody may be able to assign others to the user any more. LockAssigned and Unassign need a unit of work.
	LockAssigned(ctx context.Context, organizationID, userID ids.ID) error
	// Unassign takes as many tasks as the limit from a user, in the projects of an organisation, in one statement, and
	// returns which. That is a change of each, at the given time. Fewer than the limit were the last.
	Unassign(ctx context.Context, organizationID, userID ids.ID, now time.Time, limit int) ([]ids.ID, error)
	// PurgeSearch takes the texts of tasks that have changed or gone out of the search's index, at most limit of them,
	// and returns how many those were. They are not found before either. It needs a unit of work.
	PurgeSearch(ctx context.Context, limit int) (purged int, err error)
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
	Text      string     // in title or description, in any case; empty: any
}

// Assignee chooses tasks by their assignee. Its zero value chooses all.
type Assignee struct {
	Nobody bool    // only tasks without an assignee; ID is nil then
	ID     *ids.ID // only tasks of this assignee; nil: any, unless Nobody
}

// Projects stores this module's copies of projects. Every method needs a unit of work.
//
// Hold, HoldInbox and HoldOf read the copy that a write depends on and lock it against changes until the unit of work
// ends: until then the project is neither archived nor deleted. The lock order is project, memberships, user, task.
type Projects interface {
	// Hold holds a project that the caller may see; otherwise it returns domain.ErrProjectNotFound.
	Hold(ctx context.Context, caller auth.Principal, id ids.ID) (Held, error)
	// HoldInbox holds the caller's Inbox, the project of their personal tasks.
	HoldInbox(ctx context.Context, caller auth.Principal) (Held, error)
	// HoldOf holds the project of a task that the caller may see; otherwise it returns domain.ErrNotFound. The task
	// itself is not locked.
	HoldOf(ctx context.Context, caller auth.Principal, taskID ids.ID) (Held, error)

	// Put stores a copy, unless the stored one has the same or a newer version.
	Put(ctx context.Context, p domain.Project) error
	// Forget removes the copy with all of its tasks. It waits until nobody else holds the project.
	Forget(ctx context.Context, id ids.ID) error
	// ForgetOf is Forget for all projects of an organisation. It locks them in the order of their ids.
	ForgetOf(ctx context.Context, organizationID ids.ID) error
}

// Held is a project that is held, and the caller as other users see them.
type Held struct {
	Project domain.Project
	By      events.Person
	Creator auth.Principal // of the task, in HoldOf: who made it and whether they are a system admin
}

// Members stores this module's copies of memberships.
type Members interface {
	// Lock returns the roles of those of the users who are members of the organisation, and makes sure that they stay so
	// until the unit of work ends, which it needs.
	Lock(ctx context.Context, organizationID ids.ID, users ...ids.ID) (map[ids.ID]auth.OrganizationRole, error)
}

// Users stores this module's copies of users.
type Users interface {
	// HoldActive reports whether the user exists and is active, and locks their copy, so that an existing user does
	// not change until the unit of work ends.
	HoldActive(ctx context.Context, id ids.ID) (bool, error)
}
