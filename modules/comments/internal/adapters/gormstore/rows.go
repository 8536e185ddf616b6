// Package gormstore keeps comments in SQLite or PostgreSQL.
package gormstore

import (
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/ids"
)

// row is a comment as the table comments has it.
type row struct {
	ID        ids.ID
	TaskID    ids.ID
	AuthorID  ids.ID
	Body      string
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// columns selects a [row] of the table comments AS c.
const columns = `c.id, c.task_id, c.author_id, c.body, c.version, c.created_at, c.updated_at`

// readRow reads [columns] by hand, see [database.Scan].
func readRow(from database.Row, r *row) error {
	return from.Scan(&r.ID, &r.TaskID, &r.AuthorID, &r.Body, &r.Version, &r.CreatedAt, &r.UpdatedAt)
}

func (r row) state() domain.State {
	return domain.State{
		ID: r.ID, TaskID: r.TaskID, AuthorID: r.AuthorID, Body: r.Body,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// taskRow is the copy of a task with that of its project, without the task's id, which is known.
type taskRow struct {
	Title          string
	CreatedBy      ids.ID
	AssigneeID     *ids.ID
	TaskVersion    int64
	ProjectID      ids.ID
	OwnerID        ids.ID
	OrganizationID *ids.ID
	Archived       bool
	ProjectVersion int64
}

// taskColumns selects a [taskRow] of the tables comment_tasks AS t and comment_projects AS p.
const taskColumns = `t.title, t.created_by, t.assignee_id, t.version AS task_version,
	p.project_id, p.owner_id, p.organization_id, p.archived, p.version AS project_version`

func (r taskRow) task(id ids.ID) domain.Task {
	return domain.Task{
		ID: id, Title: r.Title, CreatedBy: r.CreatedBy, AssigneeID: r.AssigneeID, Version: r.TaskVersion,
		Project: domain.Project{
			ID: r.ProjectID, OwnerID: r.OwnerID, OrganizationID: r.OrganizationID, Archived: r.Archived,
			Version: r.ProjectVersion,
		},
	}
}

// joinedRow is a comment with the copies that it depends on.
type joinedRow struct {
	Comment row     `gorm:"embedded"`
	Task    taskRow `gorm:"embedded"`
}

func (r joinedRow) comment() *domain.Comment {
	return domain.Restore(r.Comment.state(), r.Task.task(r.Comment.TaskID))
}

// inserted returns the column values of an INSERT.
func inserted(s domain.State) map[string]any {
	return map[string]any{
		"id": s.ID, "task_id": s.TaskID, "author_id": s.AuthorID, "body": s.Body,
		"version": s.Version, "created_at": s.CreatedAt, "updated_at": s.UpdatedAt,
	}
}

// updated returns the column values of an UPDATE.
func updated(s domain.State) map[string]any {
	return map[string]any{"body": s.Body, "version": s.Version, "updated_at": s.UpdatedAt}
}
