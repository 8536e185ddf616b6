package gormstore

import (
	"fasttrack/adapters/replica"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// This file alone decides which tasks, and with them which comments, a caller may see. Every statement that takes a
// caller uses it.

// visibility is what a caller sees, as far as the copy of memberships says.
type visibility struct{ members *replica.Memberships }

// task holds for a row t of comment_tasks with its project p if the caller is the assignee or may see the project: if
// it is their personal one, or of an organisation of which they are a member, or if they are a system admin. Only a
// member is ever an assignee in an organisation's project, and none stays it who is a member no more.
func (v visibility) task(caller auth.Principal) replica.Condition {
	return v.members.Sees("p", caller).Or("t.assignee_id = ?", caller.UserID)
}

// taskExists holds if there is a task with this id that the caller may see. It does not depend on the comment, so the
// database evaluates it once per statement.
func (v visibility) taskExists(caller auth.Principal, id ids.ID) replica.Condition {
	visible := v.task(caller)
	return replica.Condition{
		SQL: "EXISTS (SELECT 1 FROM comment_tasks t JOIN comment_projects p ON p.project_id = t.project_id" +
			" WHERE t.task_id = ? AND " + visible.SQL + ")",
		Args: visible.After(id),
	}
}
