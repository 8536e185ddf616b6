// Package ports says what the organisations application needs from outside.
package ports

import (
	"context"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Organizations stores organisations. A method that takes a caller finds only those that the caller may see: the ones
// that they belong to, or every one if they are a system admin. For any other it returns domain.ErrNotFound.
type Organizations interface {
	// Find returns one organisation, in one statement.
	Find(ctx context.Context, caller auth.Principal, id ids.ID) (Seen, error)
	// List returns one page, in one statement. Sort keys: created_at, updated_at, name.
	List(ctx context.Context, filter Filter, request page.Request) (page.Page[Seen], error)

	// Add stores a new organisation; domain.ErrSlugTaken if another one has its slug, after which the unit of work can
	// go on. Add and all methods below need a unit of work.
	Add(ctx context.Context, o *domain.Organization) error
	// IsTaken reports whether an organisation has the slug.
	IsTaken(ctx context.Context, slug domain.Slug) (bool, error)
	// Update locks the organisation and what the caller is in it against changes, calls change, and stores the
	// organisation if its version grew. An error of change is returned unwrapped. It fails with domain.ErrSlugTaken if
	// another unit of work has taken the slug meanwhile.
	Update(
		ctx context.Context, caller auth.Principal, id ids.ID,
		change func(*domain.Organization, auth.Caller) error,
	) (Seen, error)
	// Delete locks the organisation exclusively, calls check on it, and removes it with its members unless check fails.
	// An error of check is returned unwrapped.
	Delete(
		ctx context.Context, caller auth.Principal, id ids.ID,
		check func(*domain.Organization, auth.Caller) error,
	) error
}

// Seen is an organisation, and what the one who sees it is in it.
type Seen struct {
	Organization *domain.Organization
	By           auth.Caller
}

// Filter chooses the organisations of a list.
type Filter struct {
	Caller auth.Principal
	All    bool   // every organisation; otherwise those that the caller belongs to
	Query  string // part of the name or the slug, in any case; empty: any
}

// Members stores who belongs to organisations. A method that takes a caller returns domain.ErrNotFound for an
// organisation that the caller may not see, and domain.ErrNoMember for a user who does not belong to it.
type Members interface {
	// Find returns one member.
	Find(ctx context.Context, caller auth.Principal, organizationID, userID ids.ID) (*domain.Member, error)
	// List returns one page of the members with the role, or with any if it is auth.OrganizationNone. Sort key: created_at.
	List(
		ctx context.Context, caller auth.Principal, organizationID ids.ID, role auth.OrganizationRole, request page.Request,
	) (page.Page[*domain.Member], error)

	// Hold keeps the organisation from being deleted, and what the caller is in it as it is, until the unit of work
	// ends. Hold and all methods below need a unit of work.
	Hold(ctx context.Context, caller auth.Principal, organizationID ids.ID) (auth.Caller, error)
	// Add stores a new member; domain.ErrAlreadyMember if the user is one.
	Add(ctx context.Context, m *domain.Member) error
	// Update locks the caller, the member and all owners, in the order of their ids, calls change on the member, and
	// stores it if its version grew. Nobody but this member is an owner if lastOwner, until the unit of work ends.
	// An error of change is returned unwrapped.
	Update(ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, change MemberChange) (
		*domain.Member, error)
	// Remove is Update that removes the member unless change fails. It returns what change has left of it.
	Remove(ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, change MemberChange) (
		*domain.Member, error)
}

// MemberChange changes a member whom others cannot change meanwhile.
type MemberChange func(m *domain.Member, by auth.Caller, lastOwner bool) error

// Users are the copies of users. Both methods need a unit of work, until whose end nobody can change the user; ok is
// false for one who does not exist or is not active.
type Users interface {
	HoldActive(ctx context.Context, id ids.ID) (user domain.User, ok bool, err error)
	// HoldActiveByEmail compares addresses without case.
	HoldActiveByEmail(ctx context.Context, email string) (user domain.User, ok bool, err error)
}
