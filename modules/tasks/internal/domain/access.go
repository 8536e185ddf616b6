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

// Caller is who asks for something, and what they are in the organisation of the project that it is about.
type Caller struct {
	auth.Principal
	Role auth.OrganizationRole // none: not a member, or a personal project
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
func (p Project) CheckStillSees(by Caller) error {
	if by.IsAdmin() || p.seenBy(by) {
		return nil
	}
	return ErrProjectNotFound
}

// CheckMayAddTasks fails unless the caller manages the project.
func (p Project) CheckMayAddTasks(by Caller) (asAdmin bool, err error) {
	return allow(by, p.managedBy(by), errNotManager)
}

// CheckMayChange fails unless the caller manages the project or is the assignee.
func (t *Task) CheckMayChange(by Caller) (asAdmin bool, err error) {
	return allow(by, t.project.managedBy(by) || t.state.AssignedTo(by.UserID), errNotEditor)
}

// CheckMayDelete fails unless the caller manages the project; being the assignee is not enough.
func (t *Task) CheckMayDelete(by Caller) (asAdmin bool, err error) {
	return allow(by, t.project.managedBy(by), errNotManager)
}

// SeenBy reports whether somebody may see the task.
func (t *Task) SeenBy(by Caller) bool {
	return by.IsAdmin() || t.project.seenBy(by) || t.state.AssignedTo(by.UserID)
}

// Assignable reports whether tasks of the project can be given to an active user, whose role in its organisation this
// is: to anybody in a personal project, to members in one of an organisation.
func (p Project) Assignable(role auth.OrganizationRole) bool { return p.Personal() || role.IsMember() }

// managedBy reports whether the caller manages the project: as the owner of a personal project, or as an owner or admin
// of its organisation.
func (p Project) managedBy(by Caller) bool {
	if p.Personal() {
		return p.OwnerID == by.UserID
	}
	return by.Role.Manages()
}

// seenBy reports whether the caller may read the project: as the owner of a personal project, or as a member of its
// organisation.
func (p Project) seenBy(by Caller) bool {
	if p.Personal() {
		return p.OwnerID == by.UserID
	}
	return by.Role.IsMember()
}

// allow grants what the caller has a right to, and everything to a system admin.
func allow(by Caller, right bool, refusal error) (asAdmin bool, err error) {
	switch {
	case right:
		return false, nil
	case by.IsAdmin():
		return true, nil
	}
	return false, refusal
}

// Personal reports whether the project belongs to its owner and not to an organisation.
func (p Project) Personal() bool { return p.OrganizationID == nil }
