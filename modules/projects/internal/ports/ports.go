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
// personal projects and those of their organisations, or every project if the caller is a system admin. For any other
// project it returns domain.ErrNotFound.
//
// The lock order is membership, project.
type Projects interface {
	// Find returns one project with its task counts, which are exact, in one statement.
	Find(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Project, error)
	// ListOf returns one page of a user's personal projects and of those of the organisations of which they are a
	// member, in one statement. Sort keys: created_at, updated_at, name.
	ListOf(ctx context.Context, userID ids.ID, filter Filter, request page.Request) (page.Page[domain.State], error)
	// ListAll is ListOf for the projects of all users and organisations.
	ListAll(ctx context.Context, filter Filter, request page.Request) (page.Page[domain.State], error)

	// Add stores a new project. Add and all methods below need a unit of work.
	Add(ctx context.Context, p *domain.Project) error
	// HoldRole returns what the caller is in the organisation of a project, and makes sure that they stay it until the
	// unit of work ends. Of a personal project they have no role.
	HoldRole(ctx context.Context, caller auth.Principal, id ids.ID) (auth.OrganizationRole, error)
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
	// Fold adds the accumulated deltas of the next projects after an id, in the order of their ids and at most limit, to
	// their rows. It leaves out what somebody else has locked. It returns the last of their ids; false when there are no
	// more.
	Fold(ctx context.Context, after ids.ID, limit int) (last ids.ID, more bool, err error)
	// ForgetCounts removes what Count has added for a deleted project. It does not see what another unit of work has
	// added and not yet committed, so call it when there can be no such unit of work: after the tasks module has
	// locked and deleted the project's tasks.
	ForgetCounts(ctx context.Context, id ids.ID) error

	// LockOf locks all projects of an organisation exclusively, and makes sure that no other can be made in it before
	// the unit of work ends.
	LockOf(ctx context.Context, organizationID ids.ID) error
	// ForgetOf removes all projects of an organisation with their counts. It is called as late as ForgetCounts.
	ForgetOf(ctx context.Context, organizationID ids.ID) error
}

// Members stores this module's copies of memberships. Both methods need a unit of work.
type Members interface {
	// Lock returns the roles of those of the users who are members of the organisation, and makes sure that they stay so
	// until the unit of work ends.
	Lock(ctx context.Context, organizationID ids.ID, users ...ids.ID) (map[ids.ID]auth.OrganizationRole, error)
	// LockOrganization reports whether there is such an organisation, which then stays until the unit of work ends.
	LockOrganization(ctx context.Context, organizationID ids.ID) (bool, error)
}

// Filter chooses the projects of a list. Its zero value chooses all.
type Filter struct {
	OrganizationID *ids.ID        // only projects of this organisation; nil: any, and personal ones
	Status         *domain.Status // nil: any
	Text           string         // in name or description, in any case; empty: any
}
