package gormstore

import (
	"context"
	"fmt"

	"fasttrack/adapters/database"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/modules/comments/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Tasks implements ports.Tasks.
type Tasks struct{ db *database.DB }

var _ ports.Tasks = (*Tasks)(nil)

// NewTasks returns the copies in the database.
func NewTasks(db *database.DB) *Tasks { return &Tasks{db} }

// Hold implements ports.Tasks. PostgreSQL takes the locks in the order in which the clause names the tables. The
// caller's name is read without a lock, since no decision depends on it.
func (s *Tasks) Hold(ctx context.Context, caller auth.Principal, taskID ids.ID) (ports.Held, error) {
	visible := maySeeTask(caller)
	var r struct {
		Task   taskRow `gorm:"embedded"`
		ByName string
	}
	q := s.db.Conn(ctx).Raw(`SELECT `+taskColumns+`, COALESCE(u.display_name, '') AS by_name
		FROM comment_tasks t JOIN comment_projects p ON p.project_id = t.project_id
		LEFT JOIN comment_users u ON u.user_id = ?
		WHERE t.task_id = ? AND `+visible.sql+` `+s.db.Dialect().Lock("FOR SHARE OF p, t"),
		append([]any{caller.UserID, taskID}, visible.args...)...).Scan(&r)
	switch {
	case q.Error != nil:
		return ports.Held{}, fmt.Errorf("hold task %s: %w", taskID, q.Error)
	case q.RowsAffected == 0:
		return ports.Held{}, domain.ErrTaskNotFound
	}
	return ports.Held{Task: r.Task.task(taskID), By: events.Person{ID: caller.UserID, Name: r.ByName}}, nil
}

// PutProject implements ports.Tasks. Owner and organisation of a project never change.
func (s *Tasks) PutProject(ctx context.Context, p domain.Project) error {
	err := s.db.Conn(ctx).Exec(`INSERT INTO comment_projects (project_id, owner_id, organization_id, archived, version)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (project_id) DO UPDATE SET archived = excluded.archived, version = excluded.version
		WHERE comment_projects.version < excluded.version`,
		p.ID, p.OwnerID, p.OrganizationID, p.Archived, p.Version).Error
	if err != nil {
		return fmt.Errorf("keep the copy of project %s: %w", p.ID, err)
	}
	return nil
}

// PutTask implements ports.Tasks. Project and creator of a task never change.
func (s *Tasks) PutTask(ctx context.Context, t domain.Task) error {
	err := s.db.Conn(ctx).Exec(`INSERT INTO comment_tasks (task_id, project_id, title, created_by, assignee_id, version)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (task_id) DO UPDATE SET title = excluded.title, assignee_id = excluded.assignee_id,
			version = excluded.version
		WHERE comment_tasks.version < excluded.version`,
		t.ID, t.Project.ID, t.Title, t.CreatedBy, t.AssigneeID, t.Version).Error
	if err != nil {
		return fmt.Errorf("keep the copy of task %s: %w", t.ID, err)
	}
	return nil
}

// ForgetProject implements ports.Tasks. It first locks the copy exclusively. Everybody who comments in the project
// holds the copy, so no comment can be added after that.
func (s *Tasks) ForgetProject(ctx context.Context, id ids.ID) error {
	err := s.run(ctx, id, s.lockAway("comment_projects", "project_id"),
		`DELETE FROM comments WHERE task_id IN (SELECT task_id FROM comment_tasks WHERE project_id = ?)`,
		`DELETE FROM comment_tasks WHERE project_id = ?`,
		`DELETE FROM comment_projects WHERE project_id = ?`)
	if err != nil {
		return fmt.Errorf("forget project %s: %w", id, err)
	}
	return nil
}

// ForgetTask implements ports.Tasks. It locks as ForgetProject does.
func (s *Tasks) ForgetTask(ctx context.Context, id ids.ID) error {
	err := s.run(ctx, id, s.lockAway("comment_tasks", "task_id"),
		`DELETE FROM comments WHERE task_id = ?`,
		`DELETE FROM comment_tasks WHERE task_id = ?`)
	if err != nil {
		return fmt.Errorf("forget task %s: %w", id, err)
	}
	return nil
}

// lockAway returns the statement that locks a copy before it is deleted. It is empty on SQLite, where a unit of work
// is the only writer.
func (s *Tasks) lockAway(table, key string) string {
	lock := s.db.Dialect().Lock("FOR UPDATE")
	if lock == "" {
		return ""
	}
	return `SELECT 1 FROM ` + table + ` WHERE ` + key + ` = ? ` + lock
}

// run executes the statements, each bound to the id.
func (s *Tasks) run(ctx context.Context, id ids.ID, statements ...string) error {
	for _, statement := range statements {
		if statement == "" {
			continue
		}
		if err := s.db.Conn(ctx).Exec(statement, id).Error; err != nil {
			return err
		}
	}
	return nil
}
