package gormstore

import (
	"fasttrack/adapters/replica"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// This file alone decides which projects and tasks a caller may see. Every statement that takes a caller uses it.

// visibility is what a caller sees, as far as the copy of memberships says.
type visibility struct{ members *replica.Memberships }

// project holds for the rows p of task_projects that the caller may see: their personal projects, those of the
// organisations of which they are a member, or every project if the caller is a system admin.
func (v visibility) project(caller auth.Principal) replica.Condition {
	return v.members.Sees("p", caller)
}

// task holds for a row t of tasks with its project p if the caller may see the project or is the assignee. Only a
// member of its organisation is ever an assignee, and none stays it who is a member no more.
func (v visibility) task(caller auth.Principal) replica.Condition {
	return v.project(caller).Or("t.assignee_id = ?", caller.UserID)
}

// projectExists holds if there is a project with this id that the caller may see. Like personalProjectExists it does
// not depend on the task, so the database evaluates it once per statement.
func (v visibility) projectExists(caller auth.Principal, id ids.ID) replica.Condition {
	return exists(id, v.project(caller))
}

// personalProjectExists holds if the project with this id is a personal one of the user.
func personalProjectExists(user, id ids.ID) replica.Condition {
	return exists(id, replica.Owns("p", user))
}

func exists(id ids.ID, visible replica.Condition) replica.Condition {
	return replica.Condition{
		SQL:  "EXISTS (SELECT 1 FROM task_projects p WHERE p.id = ? AND " + visible.SQL + ")",
		Args: visible.After(id),
	}
}
