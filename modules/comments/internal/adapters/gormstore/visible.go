package gormstore

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// This file alone decides which tasks, and with them which comments, a caller may see. Every statement that takes a
// caller uses it.

// condition is a part of a WHERE clause with its bound arguments.
type condition struct {
	sql  string
	args []any
}

// maySeeProject holds for the rows p of comment_projects that the caller may see: their personal projects, or every
// project if the caller is a system admin.
func maySeeProject(caller auth.Principal) condition {
	if caller.IsAdmin() {
		return condition{sql: "TRUE"}
	}
	return condition{"(p.owner_id = ? AND p.organization_id IS NULL)", []any{caller.UserID}}
}

// maySeeTask holds for a row t of comment_tasks with its project p if the caller may see the project or is the
// assignee.
func maySeeTask(caller auth.Principal) condition {
	project := maySeeProject(caller)
	return condition{"(" + project.sql + " OR t.assignee_id = ?)", append(project.args, caller.UserID)}
}

// taskExists holds if there is a task with this id that the caller may see. It does not depend on the comment, so the
// database evaluates it once per statement.
func taskExists(caller auth.Principal, id ids.ID) condition {
	visible := maySeeTask(caller)
	return condition{
		"EXISTS (SELECT 1 FROM comment_tasks t JOIN comment_projects p ON p.project_id = t.project_id" +
			" WHERE t.task_id = ? AND " + visible.sql + ")",
		append([]any{id}, visible.args...),
	}
}
