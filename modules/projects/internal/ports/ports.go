// Package ports says what the projects application needs from outside.
package ports

import (
	"context"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Projects stores projects. A method that takes a caller finds only the projects that the caller may see: their
// personal projects, or every project if the caller is a system admin. For any other project it returns
// domain.ErrNotFound.
type Projects interface {
	// Find returns one project with its task counts, which are exact, in one statement.
	Find(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Project, error)
	// List returns one page, in one statement. Sort keys: created_at, updated_at, name.
	List(ctx context.Context, filter Filter, request page.Request) (page.Page[domain.State], error)

	// Add stores a new project. Add and all methods below need a unit of work.
	Add(ctx context.Context, p *domain.Project) error
	// Update locks the project against other changes, calls change on it, and stores it if its version grew.
	// An error of change is returned unwrapped.
	Update(
		ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Project) error,
	) (*domain.Project, error)
	// Delete locks the project exclusively, calls check on it, and removes it unless check fails. An error of check is
	// returned unwrapped. The counts stay until ForgetCounts.
	Delete(
		ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Project) error,
	) (*domain.Project, error)

	// Count adds to the task counts of a project without touching its row, so that writers of one project do not
	// wait for each other. Now and then it adds the accumulated deltas to the row, if nobody has locked it. It does
	// not check that the project exists: see ForgetCounts.
	Count(ctx context.Context, id ids.ID, delta domain.TaskCounts) error
	// ForgetCounts removes what Count has added for a deleted project. It does not see what another unit of work has
	// added and not yet committed, so call it when there can be no such unit of work: after the tasks module has
	// locked and deleted the project's tasks.
	ForgetCounts(ctx context.Context, id ids.ID) error
}

// Filter chooses the projects of a list.
type Filter struct {
	PersonalOf *ids.ID        // only personal projects of this user; nil: the projects of all users and organisations
	Status     *domain.Status // nil: any
}
