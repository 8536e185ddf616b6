package gormstore

import (
	"context"
	"errors"
	"fmt"

	"fasttrack/adapters/database"
	"fasttrack/adapters/replica"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Projects implements ports.Projects.
type Projects struct{ db *database.DB }

var _ ports.Projects = (*Projects)(nil)

// NewProjects returns the copies in the database.
func NewProjects(db *database.DB) *Projects { return &Projects{db} }

// errNoInbox refuses a user who is not in this database: their token was issued before it was restored or replaced.
var errNoInbox = auth.ErrUnauthenticated.WithCause(errors.New("the user has no Inbox"))

// Hold implements ports.Projects.
func (s *Projects) Hold(ctx context.Context, caller auth.Principal, id ids.ID) (ports.Held, error) {
	visible := maySeeProject(caller)
	return s.hold(ctx, caller, domain.ErrProjectNotFound,
		`task_projects p`, `p.id = ? AND `+visible.sql, append([]any{id}, visible.args...)...)
}

// HoldInbox implements ports.Projects.
func (s *Projects) HoldInbox(ctx context.Context, caller auth.Principal) (ports.Held, error) {
	return s.hold(ctx, caller, errNoInbox, `task_projects p`, `p.owner_id = ? AND p.inbox`, caller.UserID)
}

// HoldOf implements ports.Projects. A task's project never changes, so it can be looked up without locking the task.
func (s *Projects) HoldOf(ctx context.Context, caller auth.Principal, taskID ids.ID) (ports.Held, error) {
	visible := maySeeTask(caller)
	return s.hold(ctx, caller, domain.ErrNotFound, `tasks t JOIN task_projects p ON p.id = t.project_id`,
		`t.id = ? AND `+visible.sql, append([]any{taskID}, visible.args...)...)
}

// hold locks the one project p of the tables for which the condition holds. It also reads the caller's name.
func (s *Projects) hold(
	ctx context.Context, caller auth.Principal, missing error, tables, where string, args ...any,
) (ports.Held, error) {
	var r struct {
		ID      ids.ID
		Project projectRow `gorm:"embedded"`
		ByName  string
	}
	q := s.db.Conn(ctx).Raw(`SELECT p.id, p.owner_id, p.organization_id, p.name, p.inbox, p.archived, p.version,
		COALESCE(u.display_name, '') AS by_name
		FROM `+tables+` LEFT JOIN task_users u ON u.user_id = ?
		WHERE `+where+` `+s.db.Dialect().Lock("FOR SHARE OF p"), append([]any{caller.UserID}, args...)...).Scan(&r)
	switch {
	case q.Error != nil:
		return ports.Held{}, fmt.Errorf("hold a project: %w", q.Error)
	case q.RowsAffected == 0:
		return ports.Held{}, missing
	}
	return ports.Held{Project: r.Project.project(r.ID), By: events.Person{ID: caller.UserID, Name: r.ByName}}, nil
}

// Put implements ports.Projects. Owner, organisation and Inbox of a project never change.
func (s *Projects) Put(ctx context.Context, p domain.Project) error {
	err := s.db.Conn(ctx).Exec(`INSERT INTO task_projects (id, owner_id, organization_id, name, inbox, archived, version)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, archived = excluded.archived, version = excluded.version
		WHERE task_projects.version < excluded.version`,
		p.ID, p.OwnerID, p.OrganizationID, p.Name, p.Inbox, p.Archived, p.Version).Error
	if err != nil {
		return fmt.Errorf("keep the copy of project %s: %w", p.ID, err)
	}
	return nil
}

// Forget implements ports.Projects. It first locks the copy exclusively. Everybody who creates a task holds the copy,
// so no task can be added after that.
func (s *Projects) Forget(ctx context.Context, id ids.ID) error {
	if lock := s.db.Dialect().Lock("FOR UPDATE"); lock != "" {
		if err := s.db.Conn(ctx).Exec(`SELECT 1 FROM task_projects WHERE id = ? `+lock, id).Error; err != nil {
			return fmt.Errorf("lock the copy of project %s: %w", id, err)
		}
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM tasks WHERE project_id = ?`, id).Error; err != nil {
		return fmt.Errorf("delete the tasks of project %s: %w", id, err)
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM task_projects WHERE id = ?`, id).Error; err != nil {
		return fmt.Errorf("forget project %s: %w", id, err)
	}
	return nil
}

// Users implements ports.Users.
type Users struct{ users *replica.Users }

var _ ports.Users = (*Users)(nil)

// NewUsers returns what is asked of the copies of users.
func NewUsers(users *replica.Users) *Users { return &Users{users} }

// HoldActive implements ports.Users.
func (s *Users) HoldActive(ctx context.Context, id ids.ID) (bool, error) {
	user, ok, err := s.users.Lock(ctx, id)
	return ok && user.IsActive, err
}
