// Package gormstore keeps projects in SQLite or PostgreSQL.
package gormstore

import (
	"time"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// row is a project as the table projects has it, with its task counts: the base in the row and what was added since.
type row struct {
	ID             ids.ID
	OwnerID        ids.ID
	OrganizationID *ids.ID
	Name           string
	Description    string
	Status         string
	Inbox          bool
	Todo           int64
	InProgress     int64
	Done           int64
	Version        int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// columns selects a row. The counts are read in the same statement as the row, so that folding, which moves numbers
// from deltas to the base, is seen whole or not at all.
const columns = `id, owner_id, organization_id, name, description, status, inbox, version, created_at, updated_at,
	todo_base + COALESCE((SELECT SUM(d.todo) FROM project_task_deltas d WHERE d.project_id = projects.id), 0) AS todo,
	in_progress_base
		+ COALESCE((SELECT SUM(d.in_progress) FROM project_task_deltas d WHERE d.project_id = projects.id), 0) AS in_progress,
	done_base + COALESCE((SELECT SUM(d.done) FROM project_task_deltas d WHERE d.project_id = projects.id), 0) AS done`

func (r row) state() domain.State {
	return domain.State{
		ID: r.ID, OwnerID: r.OwnerID, OrganizationID: r.OrganizationID,
		Name: r.Name, Description: r.Description, Status: domain.Status(r.Status), Inbox: r.Inbox,
		TaskCounts: domain.TaskCounts{Todo: r.Todo, InProgress: r.InProgress, Done: r.Done},
		Version:    r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// searchText is what a project is searched by: name and description without their case, with something between them that
// neither can hold.
func searchText(s domain.State) string { return text.Fold(s.Name + "\x1f" + s.Description) }

// inserted returns the column values of an INSERT.
func inserted(s domain.State) map[string]any {
	return map[string]any{
		"id": s.ID, "owner_id": s.OwnerID, "organization_id": s.OrganizationID, "name": s.Name,
		"description": s.Description, "search_text": searchText(s), "status": string(s.Status), "inbox": s.Inbox, "version": s.Version,
		"created_at": s.CreatedAt, "updated_at": s.UpdatedAt,
	}
}

// updated returns the column values of an UPDATE. Columns whose value is the same are left out, since SQLite rewrites
// the indexes of every column that is named. Owner, organisation and Inbox of a project never change.
func updated(before, after domain.State) map[string]any {
	values := map[string]any{"version": after.Version, "updated_at": after.UpdatedAt}
	if after.Name != before.Name {
		values["name"] = after.Name
	}
	if after.Description != before.Description {
		values["description"] = after.Description
	}
	if text := searchText(after); text != searchText(before) {
		values["search_text"] = text
	}
	if after.Status != before.Status {
		values["status"] = string(after.Status)
	}
	return values
}
