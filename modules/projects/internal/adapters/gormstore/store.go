package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// list defines the sort keys of projects. Each has an index for a user's list and one for the list of all projects.
var list = keyset.New("id", func(r row) ids.ID { return r.ID },
	keyset.Time("created_at", "created_at", func(r row) time.Time { return r.CreatedAt }),
	keyset.Time("updated_at", "updated_at", func(r row) time.Time { return r.UpdatedAt }),
	keyset.Text("name", "name", func(r row) string { return r.Name }),
)

// Store implements ports.Projects.
type Store struct{ db *database.DB }

var _ ports.Projects = (*Store)(nil)

// New returns a store on the database.
func New(db *database.DB) *Store { return &Store{db} }

// Find implements ports.Projects.
func (s *Store) Find(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Project, error) {
	visible := maySee(caller)
	var r row
	q := s.db.Conn(ctx).Raw(`SELECT `+columns+` FROM projects WHERE id = ? AND `+visible.sql,
		append([]any{id}, visible.args...)...).Scan(&r)
	switch {
	case q.Error != nil:
		return nil, fmt.Errorf("find project %s: %w", id, q.Error)
	case q.RowsAffected == 0:
		return nil, domain.ErrNotFound
	}
	return domain.Restore(r.state()), nil
}

// List implements ports.Projects.
func (s *Store) List(ctx context.Context, filter ports.Filter, request page.Request) (page.Page[domain.State], error) {
	q := s.db.Conn(ctx).Table("projects").Select(columns)
	if filter.PersonalOf != nil {
		q = q.Where("owner_id = ? AND organization_id IS NULL", *filter.PersonalOf)
	}
	if filter.Status != nil {
		q = q.Where("status = ?", string(*filter.Status))
	}
	rows, err := list.Find(q, request)
	if err != nil {
		return page.Page[domain.State]{}, fmt.Errorf("list projects: %w", err)
	}
	return page.Map(rows, row.state), nil
}

// Add implements ports.Projects.
func (s *Store) Add(ctx context.Context, p *domain.Project) error {
	state := p.State()
	if err := s.db.Conn(ctx).Table("projects").Create(inserted(state)).Error; err != nil {
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
	q := s.db.Conn(ctx).Table("projects").Where("id = ? AND version = ?", id, before.Version).
		Updates(updated(before, after))
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

// lock locks the row first and reads it with its counts in a second statement: a single statement that had to wait for
// the lock would return the counts as they were before the wait.
func (s *Store) lock(ctx context.Context, caller auth.Principal, id ids.ID, strength string) (*domain.Project, error) {
	if lock := s.db.Dialect().Lock(strength); lock != "" {
		visible := maySee(caller)
		err := s.db.Conn(ctx).Exec(`SELECT 1 FROM projects WHERE id = ? AND `+visible.sql+` `+lock,
			append([]any{id}, visible.args...)...).Error
		if err != nil {
			return nil, fmt.Errorf("lock project %s: %w", id, err)
		}
	}
	return s.Find(ctx, caller, id)
}
