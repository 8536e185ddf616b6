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
// not found otherwise (ports.Projects, ports.Tasks).

// CheckMayAddTasks fails unless the caller manages the project.
func (p Project) CheckMayAddTasks(caller auth.Principal) error {
	return p.checkManages(caller)
}

// CheckMayChange fails unless the caller manages the project or is the assignee.
func (t *Task) CheckMayChange(caller auth.Principal) error {
	if t.project.managedBy(caller) || t.state.AssignedTo(caller.UserID) {
		return nil
	}
	return errNotEditor
}

// CheckMayDelete fails unless the caller manages the project; being the assignee is not enough.
func (t *Task) CheckMayDelete(caller auth.Principal) error {
	return t.project.checkManages(caller)
}

func (p Project) checkManages(caller auth.Principal) error {
	if p.managedBy(caller) {
		return nil
	}
	return errNotManager
}

// managedBy reports whether the caller manages the project: as the owner of a personal project, or as a system admin.
func (p Project) managedBy(caller auth.Principal) bool {
	return caller.IsAdmin() || p.Personal() && p.OwnerID == caller.UserID
}

// Personal reports whether the project belongs to its owner and not to an organisation.
func (p Project) Personal() bool { return p.OrganizationID == nil }
