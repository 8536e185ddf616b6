package gormstore

import (
	"fasttrack/shared/auth"
)

// Which projects and tasks exist for whom is said here alone, for every statement that is told who asks.

// condition is a part of a WHERE, with what is bound to it.
type condition struct {
	sql  string
	args []any
}

// maySeeProject is true of the row p of task_projects: the owner's personal projects, and for a system admin all.
func maySeeProject(who auth.Principal) condition {
	if who.IsAdmin() {
		return condition{sql: "TRUE"}
	}
	return condition{"(p.owner_id = ? AND p.organization_id IS NULL)", []any{who.UserID}}
}

// maySeeTask is true of the row t of tasks and its project p: if who sees the project, or is to do the task.
func maySeeTask(who auth.Principal) condition {
	project := maySeeProject(who)
	return condition{"(" + project.sql + " OR t.assignee_id = ?)", append(project.args, who.UserID)}
}
