// Package domain says what a project is and what may be done with it.
package domain

import (
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The refusals of this module.
var (
	ErrNotFound = errs.NotFoundf("there is no such project")
	ErrArchived = errs.New(errs.Conflict, "project_archived", "the project is archived and therefore read-only")
	// ErrOrganization refuses an organisation that does not exist, or that the caller may not know of.
	ErrOrganization = errs.InvalidField("organization_id", "must be an organisation of which you are an owner or admin")
	ErrInbox        = errs.New(errs.Conflict, "inbox_protected", "the Inbox cannot be deleted, archived or shared")
)

// Project is a place for tasks. A personal project belongs to its owner; every user has one that is their Inbox. Any
// other belongs to an organisation, for as long as it exists.
type Project struct{ state State }

// State holds all fields of a project: what the store keeps and the API shows.
type State struct {
	ID             ids.ID
	OwnerID        ids.ID  // who made it
	OrganizationID *ids.ID // nil: a personal project
	Name           string
	Description    string
	Status         Status
	Inbox          bool
	TaskCounts     TaskCounts // maintained by the store from the events of the tasks module
	Version        int64      // incremented by each change, starting at 1; TaskCounts do not count
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// TaskCounts says how many tasks of a project have which status.
type TaskCounts struct{ Todo, InProgress, Done int64 }

// Plus returns the sum of both.
func (c TaskCounts) Plus(d TaskCounts) TaskCounts {
	return TaskCounts{c.Todo + d.Todo, c.InProgress + d.InProgress, c.Done + d.Done}
}

// InboxName is the name of an Inbox until its owner renames it.
const InboxName = "Inbox"

// NewProject creates a project from a draft.
func NewProject(id, ownerID ids.ID, draft Draft, now time.Time) *Project {
	return &Project{State{
		ID: id, OwnerID: ownerID, OrganizationID: draft.organizationID, Name: draft.name, Description: draft.description, Status: Active,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}}
}

// NewInbox creates a user's Inbox, the project of their personal tasks.
func NewInbox(id, ownerID ids.ID, now time.Time) *Project {
	p := NewProject(id, ownerID, Draft{name: InboxName}, now)
	p.state.Inbox = true
	return p
}

// Restore returns a stored project. It checks nothing: only valid projects are stored.
func Restore(state State) *Project { return &Project{state} }

// State returns a copy of the project's fields.
func (p *Project) State() State { return p.state }

// Apply changes the project. That the caller may do so has been checked. A change that alters nothing keeps the
// version. An archived project accepts only changes that make it active again ([ErrArchived] otherwise); an Inbox is
// never archived ([ErrInbox]).
func (p *Project) Apply(c Change, now time.Time) error {
	next := p.state
	if c.name != nil {
		next.Name = *c.name
	}
	if c.description != nil {
		next.Description = *c.description
	}
	if c.status != nil {
		next.Status = *c.status
	}
	switch {
	case next == p.state:
		return nil
	case next.Inbox && next.Status == Archived:
		return ErrInbox
	case p.state.Status == Archived && next.Status == Archived:
		return ErrArchived
	}
	next.Version++
	next.UpdatedAt = now
	p.state = next
	return nil
}

// CheckDeletable fails with [ErrInbox] for an Inbox. Being archived does not protect a project.
func (p *Project) CheckDeletable() error {
	if p.state.Inbox {
		return ErrInbox
	}
	return nil
}
