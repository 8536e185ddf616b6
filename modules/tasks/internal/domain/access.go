package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// Project is what this module knows of a project: its own copy.
type Project struct {
	ID             ids.ID
	OwnerID        ids.ID  // in an organisation's project only who made it
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

// Who may do what is said here alone. Whoever asks is known to see the project or the task: for others it does not
// exist, which is the store's part (ports.Projects, ports.Tasks).

// CheckMayAddTasks fails unless who manages the project.
func (p Project) CheckMayAddTasks(who auth.Principal) error {
	if p.managedBy(who) {
		return nil
	}
	return errNotManager
}

// CheckMayChange fails unless who manages the project or is the assignee.
func (t *Task) CheckMayChange(who auth.Principal) error {
	if t.project.managedBy(who) || t.state.AssignedTo(who.UserID) {
		return nil
	}
	return errNotEditor
}

// CheckMayDelete fails unless who manages the project; being the assignee is not enough.
func (t *Task) CheckMayDelete(who auth.Principal) error {
	return t.project.CheckMayAddTasks(who)
}

// managedBy: the owner of a personal project, and a system admin.
func (p Project) managedBy(who auth.Principal) bool {
	return who.IsAdmin() || p.Personal() && p.OwnerID == who.UserID
}

// Personal reports whether the project belongs to its owner and not to an organisation.
func (p Project) Personal() bool { return p.OrganizationID == nil }
