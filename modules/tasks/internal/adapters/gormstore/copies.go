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
type Projects struct {
	db      *database.DB
	visible visibility
}

var _ ports.Projects = (*Projects)(nil)

// NewProjects returns the copies in the database. The copy of memberships says who sees which.
func NewProjects(db *database.DB, members *replica.Memberships) *Projects {
	return &Projects{db, visibility{members}}
}

// errNoInbox refuses a user who is not in this database: their token was issued before it was restored or replaced.
var errNoInbox = auth.ErrUnauthenticated.WithCause(errors.New("the user has no Inbox"))

// Hold implements ports.Projects.
func (s *Projects) Hold(ctx context.Context, caller auth.Principal, id ids.ID) (ports.Held, error) {
	visible := s.visible.project(caller)
	return s.hold(ctx, caller, domain.ErrProjectNotFound, held,
		`task_projects p`, `p.id = ? AND `+visible.SQL, visible.After(id)...)
}

// HoldInbox implements ports.Projects.
func (s *Projects) HoldInbox(ctx context.Context, caller auth.Principal) (ports.Held, error) {
	return s.hold(ctx, caller, errNoInbox, held,
		`task_projects p`, `p.owner_id = ? AND p.inbox`, caller.UserID)
}

// HoldOf implements ports.Projects. A task's project never changes, nor does its creator, so they can be looked up
// without locking the task.
func (s *Projects) HoldOf(ctx context.Context, caller auth.Principal, taskID ids.ID) (ports.Held, error) {
	visible := s.visible.task(caller)
	return s.hold(ctx, caller, domain.ErrNotFound, heldWithCreator,
		`tasks t JOIN task_projects p ON p.id = t.project_id LEFT JOIN task_users c ON c.user_id = t.created_by`,
		`t.id = ? AND `+visible.SQL, visible.After(taskID)...)
}

// heldRow is a project that is held.
type heldRow struct {
	ID          ids.ID
	Project     projectRow
	ByName      string
	CreatorID   ids.ID
	CreatorRole string
}

// selection is what is selected of what is held, and how it is read.
type selection struct {
	columns string
	into    func(*heldRow) []any
}

var (
	held = selection{
		`p.id, COALESCE(u.display_name, ''), ` + projectColumns,
		func(r *heldRow) []any { return append([]any{&r.ID, &r.ByName}, r.Project.into()...) },
	}
	heldWithCreator = selection{
		held.columns + `, t.created_by, COALESCE(c.role, '')`,
		func(r *heldRow) []any { return append(held.into(r), &r.CreatorID, &r.CreatorRole) },
	}
)

// hold locks the one project p of the tables for which the condition holds. It also reads the caller's name.
func (s *Projects) hold(
	ctx context.Context, caller auth.Principal, missing error, what selection, tables, where string, args ...any,
) (ports.Held, error) {
	q := s.db.Conn(ctx).Raw(`SELECT `+what.columns+` FROM `+tables+` LEFT JOIN task_users u ON u.user_id = ?
		WHERE `+where+` `+s.db.Dialect().Lock("FOR SHARE OF p"), append([]any{caller.UserID}, args...)...)
	found, err := database.Scan(q, func(from database.Row, r *heldRow) error { return from.Scan(what.into(r)...) })
	switch {
	case err != nil:
		return ports.Held{}, fmt.Errorf("hold a project: %w", err)
	case len(found) == 0:
		return ports.Held{}, missing
	}
	r := &found[0]
	return ports.Held{
		Project: r.Project.project(r.ID),
		By:      events.Person{ID: caller.UserID, Name: r.ByName},
		Creator: auth.Principal{UserID: r.CreatorID, Role: auth.Role(r.CreatorRole)},
	}, nil
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

// Forget implements ports.Projects. It first locks the copy exclusively. Everybody who writes a task holds the copy, so
// no task can be added after that. The only one to write tasks without it is [Tasks.LockAssigned], which locks them in
// the order of their ids as well.
func (s *Projects) Forget(ctx context.Context, id ids.ID) error {
	if err := s.forget(ctx, `id = ?`, id); err != nil {
		return fmt.Errorf("forget project %s: %w", id, err)
	}
	return nil
}

// ForgetOf implements ports.Projects.
func (s *Projects) ForgetOf(ctx context.Context, organizationID ids.ID) error {
	if err := s.forget(ctx, `organization_id = ?`, organizationID); err != nil {
		return fmt.Errorf("forget the projects of organisation %s: %w", organizationID, err)
	}
	return nil
}

func (s *Projects) forget(ctx context.Context, where string, id ids.ID) error {
	projects := `SELECT id FROM task_projects WHERE ` + where
	statements := []string{
		`DELETE FROM tasks WHERE project_id IN (` + projects + `)`,
		`DELETE FROM task_projects WHERE ` + where,
	}
	if lock := s.db.Dialect().Lock("FOR UPDATE"); lock != "" {
		tasks := `SELECT id FROM tasks WHERE project_id IN (` + projects + `)`
		statements = append([]string{
			`SELECT count(*) FROM (` + projects + ` ORDER BY id ` + lock + `) AS locked`,
			`SELECT count(*) FROM (` + tasks + ` ORDER BY id ` + lock + `) AS locked`,
		}, statements...)
	}
	for _, statement := range statements {
		if err := s.db.Conn(ctx).Exec(statement, id).Error; err != nil {
			return err
		}
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
