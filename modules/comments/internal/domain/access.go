package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// Task is what this module knows of a task: its own copy, with that of the project.
type Task struct {
	ID         ids.ID
	Title      string
	CreatedBy  ids.ID
	AssigneeID *ids.ID
	Version    int64 // of the tasks module
	Project    Project
}

// Project is what this module knows of a project: its own copy.
type Project struct {
	ID             ids.ID
	OwnerID        ids.ID  // in an organisation's project only who made it
	OrganizationID *ids.ID // nil: a personal project
	Archived       bool    // read-only, with its comments
	Version        int64   // of the projects module
}

var (
	errNotCommenter = errs.Forbiddenf("only a manager of the project and the task's assignee may comment")
	errNotAuthor    = errs.Forbiddenf("only its author may change a comment")
	errNotDeleter   = errs.Forbiddenf("only its author and a system admin may delete a comment")
)

// Who may do what is said here alone. Whoever asks is known to see the task: for others neither it nor its comments
// exist, which is the store's part (ports.Tasks, ports.Comments).

// CheckMayComment fails unless who manages the project or is the assignee. Whoever only reads the task reads its
// comments.
func (t Task) CheckMayComment(who auth.Principal) error {
	if t.Project.managedBy(who) || t.AssigneeID != nil && *t.AssigneeID == who.UserID {
		return nil
	}
	return errNotCommenter
}

// CheckMayChange fails unless who wrote the comment: nobody puts words into another's mouth.
func (c *Comment) CheckMayChange(who auth.Principal) error {
	if c.state.AuthorID == who.UserID {
		return nil
	}
	return errNotAuthor
}

// CheckMayDelete fails unless who wrote the comment or is a system admin.
func (c *Comment) CheckMayDelete(who auth.Principal) error {
	if c.state.AuthorID == who.UserID || who.IsAdmin() {
		return nil
	}
	return errNotDeleter
}

// managedBy: the owner of a personal project, and a system admin.
func (p Project) managedBy(who auth.Principal) bool {
	return who.IsAdmin() || p.OrganizationID == nil && p.OwnerID == who.UserID
}
