package gormstore

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Which tasks, and with them which comments, exist for whom is said here alone, for every statement that is told who
// asks.

// condition is a part of a WHERE, with what is bound to it.
type condition struct {
	sql  string
	args []any
}

// maySeeProject is true of the row p of comment_projects: the owner's personal projects, and for a system admin all.
func maySeeProject(who auth.Principal) condition {
	if who.IsAdmin() {
		return condition{sql: "TRUE"}
	}
	return condition{"(p.owner_id = ? AND p.organization_id IS NULL)", []any{who.UserID}}
}

// maySeeTask is true of the row t of comment_tasks and its project p: if who sees the project, or is to do the task.
func maySeeTask(who auth.Principal) condition {
	project := maySeeProject(who)
	return condition{"(" + project.sql + " OR t.assignee_id = ?)", append(project.args, who.UserID)}
}

// taskExists is true if there is a task that who may see. It does not depend on the comment, so the database decides
// it once per statement.
func taskExists(who auth.Principal, id ids.ID) condition {
	visible := maySeeTask(who)
	return condition{
		"EXISTS (SELECT 1 FROM comment_tasks t JOIN comment_projects p ON p.project_id = t.project_id" +
			" WHERE t.task_id = ? AND " + visible.sql + ")",
		append([]any{id}, visible.args...),
	}
}
