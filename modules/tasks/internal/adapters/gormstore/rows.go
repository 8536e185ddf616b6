// Package gormstore keeps tasks in SQLite or PostgreSQL.
package gormstore

import (
	"time"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/ids"
)

// row is a task as the table tasks has it.
type row struct {
	ID          ids.ID
	ProjectID   ids.ID
	Title       string
	Description string
	Status      string
	Priority    int64
	AssigneeID  *ids.ID
	DueAt       *time.Time
	CompletedAt *time.Time
	CreatedBy   ids.ID
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// columns selects a [row] of the table tasks AS t; into (read.go) reads them in this order.
const columns = `t.id, t.project_id, t.title, t.description, t.status, t.priority, t.assignee_id, t.due_at,
	t.completed_at, t.created_by, t.version, t.created_at, t.updated_at`

func (r row) state() domain.State {
	return domain.State{
		ID: r.ID, ProjectID: r.ProjectID, Title: r.Title, Description: r.Description,
		Status: domain.Status(r.Status), Priority: domain.Priority(r.Priority),
		AssigneeID: r.AssigneeID, DueAt: r.DueAt, CompletedAt: r.CompletedAt, CreatedBy: r.CreatedBy,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// projectRow is a project as the table task_projects has it, without the id, which goes by different names.
type projectRow struct {
	OwnerID        ids.ID
	OrganizationID *ids.ID
	Name           string
	Inbox          bool
	Archived       bool
	Version        int64
}

// projectColumns selects a [projectRow] of the table task_projects AS p.
const projectColumns = `p.owner_id, p.organization_id, p.name, p.inbox, p.archived, p.version`

func (r projectRow) project(id ids.ID) domain.Project {
	return domain.Project{
		ID: id, OwnerID: r.OwnerID, OrganizationID: r.OrganizationID, Name: r.Name,
		Inbox: r.Inbox, Archived: r.Archived, Version: r.Version,
	}
}

// joinedRow is a task with the copy of its project.
type joinedRow struct {
	Task    row
	Project projectRow
}

// joinedColumns selects a [joinedRow] of the tables tasks AS t and task_projects AS p.
const joinedColumns = columns + `, ` + projectColumns

func (r joinedRow) task() *domain.Task {
	return domain.Restore(r.Task.state(), r.Project.project(r.Task.ProjectID))
}

// inserted returns the column values of an INSERT.
func inserted(t *domain.Task) map[string]any {
	s, p := t.State(), t.Project()
	values := map[string]any{
		"id": s.ID, "project_id": s.ProjectID, "owner_id": nil, "title": s.Title, "description": s.Description,
		"search_text": searchText(s), "status": string(s.Status), "priority": int64(s.Priority), "assignee_id": s.AssigneeID, "due_at": s.DueAt,
		"completed_at": s.CompletedAt, "created_by": s.CreatedBy, "version": s.Version,
		"created_at": s.CreatedAt, "updated_at": s.UpdatedAt,
	}
	if p.Personal() {
		values["owner_id"] = p.OwnerID
	}
	return values
}

// updated returns the column values of an UPDATE. Columns whose value is the same are left out, since SQLite rewrites
// the indexes of every column that is named.
func updated(before, after domain.State) map[string]any {
	values := map[string]any{"version": after.Version, "updated_at": after.UpdatedAt}
	if after.Title != before.Title {
		values["title"] = after.Title
	}
	if after.Description != before.Description {
		values["description"] = after.Description
	}
	if text := searchText(after); text != searchText(before) {
		values["search_text"] = text
	}
	if after.Status != before.Status {
		values["status"], values["completed_at"] = string(after.Status), after.CompletedAt
	}
	if after.Priority != before.Priority {
		values["priority"] = int64(after.Priority)
	}
	if !domain.SameValue(after.AssigneeID, before.AssigneeID) {
		values["assignee_id"] = after.AssigneeID
	}
	if !domain.SameValue(after.DueAt, before.DueAt) {
		values["due_at"] = after.DueAt
	}
	return values
}
