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
	OwnerID        ids.ID  // in an organisation's project: its creator, without rights
	OrganizationID *ids.ID // nil: a personal project
	Archived       bool    // read-only, with its comments
	Version        int64   // of the projects module
}

var (
	errNotCommenter = errs.Forbiddenf("only a manager of the project and the task's assignee may comment")
	errNotAuthor    = errs.Forbiddenf("only its author may change a comment")
	errNotDeleter   = errs.Forbiddenf("only its author and a system admin may delete a comment")
)

// This file alone decides who may do what. The caller is known to see the task: the store reports the task and its
// comments as not found otherwise (ports.Tasks, ports.Comments). What a system admin may do only because they are one
// (asAdmin) is reported, since it is recorded.

// CheckMayComment fails unless the caller manages the project or is the assignee. Reading comments needs no more than
// seeing the task.
func (t Task) CheckMayComment(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(by.Manages(t.Project.OwnerID, t.Project.OrganizationID) || t.assignedTo(by.UserID), errNotCommenter)
}

// CheckMayChange fails unless the caller is the author of the comment. Not even a system admin may change the comment
// of another user.
func (c *Comment) CheckMayChange(by auth.Caller) error {
	if c.state.AuthorID == by.UserID {
		return nil
	}
	return errNotAuthor
}

// CheckMayDelete fails unless the caller is the author of the comment or (asAdmin) a system admin.
func (c *Comment) CheckMayDelete(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(c.state.AuthorID == by.UserID, errNotDeleter)
}

// SeenBy reports whether somebody may see the task.
func (t Task) SeenBy(by auth.Caller) bool {
	return by.Sees(t.Project.OwnerID, t.Project.OrganizationID) || t.assignedTo(by.UserID)
}

func (t Task) assignedTo(user ids.ID) bool { return t.AssigneeID != nil && *t.AssigneeID == user }
