// Package ports says what the projects application needs from outside.
package ports

import (
	"context"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Projects keeps projects. For every method that is told who asks, only those projects exist that this principal may
// see: their personal ones, and for a system admin all; any other is domain.ErrNotFound.
type Projects interface {
	// Find returns one project with its task counts, which are exact, in one statement.
	Find(ctx context.Context, who auth.Principal, id ids.ID) (*domain.Project, error)
	// List returns one page, in one statement. Sort keys: created_at, updated_at, name.
	List(ctx context.Context, filter Filter, request page.Request) (page.Page[domain.State], error)

	// Add keeps a new project. It needs a unit of work, as everything below does.
	Add(ctx context.Context, p *domain.Project) error
	// Update locks the project against other changes, lets change alter it, and keeps it if its version grew.
	// What change returns as an error is returned as it is.
	Update(ctx context.Context, who auth.Principal, id ids.ID, change func(*domain.Project) error) (*domain.Project, error)
	// Delete locks the project against everything, asks check, and removes it. Its counts stay until ForgetCounts.
	Delete(ctx context.Context, who auth.Principal, id ids.ID, check func(*domain.Project) error) (*domain.Project, error)

	// Count adds to the task counts of a project without touching its row, so that writers of one project do not
	// wait for each other. Now and then it folds what was added into the row, if nobody holds it. It does not ask
	// whether there is such a project: see ForgetCounts.
	Count(ctx context.Context, id ids.ID, delta domain.TaskCounts) error
	// ForgetCounts removes what Count has added for a project that is gone. What another unit of work has added and
	// not yet committed stays behind, so it comes when there can be none: after the tasks are gone and locked.
	ForgetCounts(ctx context.Context, id ids.ID) error
}

// Filter chooses the projects of a list.
type Filter struct {
	PersonalOf *ids.ID        // the user whose personal projects they are; nil: everybody's, of organisations too
	Status     *domain.Status // nil: any
}
