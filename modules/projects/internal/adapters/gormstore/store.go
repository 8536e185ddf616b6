package gormstore

import (
	"context"
	"fmt"

	"fasttrack/adapters/database"
	"fasttrack/adapters/replica"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Store implements ports.Projects.
type Store struct {
	db      *database.DB
	members *replica.Memberships
}

var _ ports.Projects = (*Store)(nil)

// New returns a store on the database, for which the copy of memberships says who sees what.
func New(db *database.DB, members *replica.Memberships) *Store { return &Store{db, members} }

// Find implements ports.Projects.
func (s *Store) Find(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Project, error) {
	visible := s.maySee(caller)
	var r row
	q := s.db.Conn(ctx).Raw(`SELECT `+columns+` FROM projects WHERE id = ? AND `+visible.SQL, visible.After(id)...).Scan(&r)
	switch {
	case q.Error != nil:
		return nil, fmt.Errorf("find project %s: %w", id, q.Error)
	case q.RowsAffected == 0:
		return nil, domain.ErrNotFound
	}
	return domain.Restore(r.state()), nil
}

// Add implements ports.Projects.
func (s *Store) Add(ctx context.Context, p *domain.Project) error {
	state := p.State()
	if err := database.Insert(s.db.Conn(ctx), "projects", inserted(state)).Error; err != nil {
		return fmt.Errorf("add project %s: %w", state.ID, err)
	}
	return nil
}

// Update implements ports.Projects.
func (s *Store) Update(
	ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Project) error,
) (*domain.Project, error) {
	p, err := s.lock(ctx, caller, id, "FOR NO KEY UPDATE")
	if err != nil {
		return nil, err
	}
	before := p.State()
	if err := change(p); err != nil {
		return nil, err
	}
	after := p.State()
	if after.Version == before.Version {
		return p, nil
	}
	// The version is checked again although the row is locked: it costs nothing, and the promise of If-Match then does
	// not depend on the lock alone.
	q := database.Update(s.db.Conn(ctx), "projects", updated(before, after), "id = ? AND version = ?", id, before.Version)
	switch {
	case q.Error != nil:
		return nil, fmt.Errorf("update project %s: %w", id, q.Error)
	case q.RowsAffected != 1:
		return nil, fmt.Errorf("update project %s: it changed in spite of its lock", id)
	}
	return p, nil
}

// Delete implements ports.Projects.
func (s *Store) Delete(
	ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Project) error,
) (*domain.Project, error) {
	p, err := s.lock(ctx, caller, id, "FOR UPDATE")
	if err != nil {
		return nil, err
	}
	if err := check(p); err != nil {
		return nil, err
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM projects WHERE id = ?`, id).Error; err != nil {
		return nil, fmt.Errorf("delete project %s: %w", id, err)
	}
	return p, nil
}

// HoldRole implements ports.Projects. A project never moves to another organisation, so it can be looked up without a
// lock.
func (s *Store) HoldRole(ctx context.Context, caller auth.Principal, id ids.ID) (auth.OrganizationRole, error) {
	visible := s.maySee(caller)
	var found []struct{ OrganizationID *ids.ID }
	err := s.db.Conn(ctx).Raw(`SELECT organization_id FROM projects WHERE id = ? AND `+visible.SQL,
		visible.After(id)...).Scan(&found).Error
	switch {
	case err != nil:
		return "", fmt.Errorf("look for the organisation of project %s: %w", id, err)
	case len(found) == 0:
		return "", domain.ErrNotFound
	case found[0].OrganizationID == nil:
		return "", nil
	}
	roles, err := s.members.Lock(ctx, *found[0].OrganizationID, caller.UserID)
	return roles[caller.UserID], err
}

// lock locks the row first and reads it with its counts in a second statement: a single statement that had to wait for
// the lock would return the counts as they were before the wait.
func (s *Store) lock(ctx context.Context, caller auth.Principal, id ids.ID, strength string) (*domain.Project, error) {
	if lock := s.db.Dialect().Lock(strength); lock != "" {
		visible := s.maySee(caller)
		err := s.db.Conn(ctx).Exec(`SELECT 1 FROM projects WHERE id = ? AND `+visible.SQL+` `+lock, visible.After(id)...).Error
		if err != nil {
			return nil, fmt.Errorf("lock project %s: %w", id, err)
		}
	}
	return s.Find(ctx, caller, id)
}

// LockOf implements ports.Projects. Whoever makes a project holds a membership, so first of all those are locked.
func (s *Store) LockOf(ctx context.Context, organizationID ids.ID) error {
	if err := s.members.LockAll(ctx, organizationID); err != nil {
		return err
	}
	lock := s.db.Dialect().Lock("FOR UPDATE")
	if lock == "" {
		return nil
	}
	err := s.db.Conn(ctx).Exec(`SELECT count(*) FROM
		(SELECT id FROM projects WHERE organization_id = ? ORDER BY id `+lock+`) AS locked`, organizationID).Error
	if err != nil {
		return fmt.Errorf("lock the projects of organisation %s: %w", organizationID, err)
	}
	return nil
}

// ForgetOf implements ports.Projects.
func (s *Store) ForgetOf(ctx context.Context, organizationID ids.ID) error {
	for _, statement := range []string{
		`DELETE FROM project_task_deltas WHERE project_id IN (SELECT id FROM projects WHERE organization_id = ?)`,
		`DELETE FROM projects WHERE organization_id = ?`,
	} {
		if err := s.db.Conn(ctx).Exec(statement, organizationID).Error; err != nil {
			return fmt.Errorf("forget the projects of organisation %s: %w", organizationID, err)
		}
	}
	return nil
}
