package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// Project is what this module knows of a project: its own copy.
type Project struct {
	ID             ids.ID
	OwnerID        ids.ID  // in an organisation's project: its creator, without rights
	OrganizationID *ids.ID // nil: a personal project
	Name           string
	Inbox          bool  // the owner's place for personal tasks
	Archived       bool  // read-only, with its tasks
	Version        int64 // of the projects module
}

var (
	errNotManager = errs.Forbiddenf("only a manager of the project may do this")
	errNotEditor  = errs.Forbiddenf("only a manager of the project and the task's assignee may do this")
)

// This file alone decides who may do what. The caller is known to see the project or the task: the store reports it as
// not found otherwise (ports.Projects, ports.Tasks). What a system admin may do only because they are one (asAdmin) is
// reported, since it is recorded.

// CheckStillSees fails with [ErrProjectNotFound] if the caller does not see the project: if the membership by which the
// store found it is gone by the time that it is held.
func (p Project) CheckStillSees(by auth.Caller) error {
	if p.seenBy(by) {
		return nil
	}
	return ErrProjectNotFound
}

// CheckMayAddTasks fails unless the caller manages the project.
func (p Project) CheckMayAddTasks(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(p.managedBy(by), errNotManager)
}

// CheckMayChange fails unless the caller manages the project or is the assignee.
func (t *Task) CheckMayChange(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(t.project.managedBy(by) || t.state.AssignedTo(by.UserID), errNotEditor)
}

// CheckMayDelete fails unless the caller manages the project; being the assignee is not enough.
func (t *Task) CheckMayDelete(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(t.project.managedBy(by), errNotManager)
}

// SeenBy reports whether somebody may see the task.
func (t *Task) SeenBy(by auth.Caller) bool {
	return t.project.seenBy(by) || t.state.AssignedTo(by.UserID)
}

// Assignable reports whether tasks of the project can be given to an active user, whose role in its organisation this
// is: to anybody in a personal project, to members in one of an organisation.
func (p Project) Assignable(role auth.OrganizationRole) bool { return p.Personal() || role.IsMember() }

func (p Project) seenBy(by auth.Caller) bool { return by.Sees(p.OwnerID, p.OrganizationID) }

func (p Project) managedBy(by auth.Caller) bool { return by.Manages(p.OwnerID, p.OrganizationID) }

// Personal reports whether the project belongs to its owner and not to an organisation.
func (p Project) Personal() bool { return p.OrganizationID == nil }
