package gormstore

import (
	"fasttrack/shared/auth"
)

// This file alone decides which projects and tasks a caller may see. Every statement that takes a caller uses it.

// condition is a part of a WHERE clause with its bound arguments.
type condition struct {
	sql  string
	args []any
}

// maySeeProject holds for the rows p of task_projects that the caller may see: their personal projects, or every
// project if the caller is a system admin.
func maySeeProject(caller auth.Principal) condition {
	if caller.IsAdmin() {
		return condition{sql: "TRUE"}
	}
	return condition{"(p.owner_id = ? AND p.organization_id IS NULL)", []any{caller.UserID}}
}

// maySeeTask holds for a row t of tasks with its project p if the caller may see the project or is the assignee.
func maySeeTask(caller auth.Principal) condition {
	project := maySeeProject(caller)
	return condition{"(" + project.sql + " OR t.assignee_id = ?)", append(project.args, caller.UserID)}
}
