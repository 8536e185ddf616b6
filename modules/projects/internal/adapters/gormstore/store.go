package gormstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// list says by what projects can be sorted.
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
func (s *Store) Find(ctx context.Context, who auth.Principal, id ids.ID) (*domain.Project, error) {
	var r row
	err := s.visible(ctx, who).Select(columns).Where("id = ?", id).Take(&r).Error
	if err != nil {
		return nil, missing(err, "find project %s", id)
	}
	return r.project(), nil
}

// List implements ports.Projects.
func (s *Store) List(
	ctx context.Context, filter ports.Filter, request page.Request,
) (page.Page[*domain.Project], error) {
	q := s.db.Conn(ctx).Table("projects").Select(columns)
	if !filter.OwnerID.IsZero() {
		q = q.Where("owner_id = ?", filter.OwnerID)
	}
	if filter.Status != nil {
		q = q.Where("status = ?", string(*filter.Status))
	}
	rows, err := list.Find(q, request)
	if err != nil {
		return page.Page[*domain.Project]{}, fmt.Errorf("list projects: %w", err)
	}
	return page.Map(rows, row.project), nil
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
	ctx context.Context, who auth.Principal, id ids.ID, change func(*domain.Project) error,
) (*domain.Project, error) {
	p, err := s.lock(ctx, who, id, "NO KEY UPDATE")
	if err != nil {
		return nil, err
	}
	before := p.State().Version
	if err := change(p); err != nil {
		return nil, err
	}
	after := p.State()
	if after.Version == before {
		return p, nil
	}
	q := s.db.Conn(ctx).Table("projects").Where("id = ? AND version = ?", id, before).Updates(updated(after))
	if q.Error != nil {
		return nil, fmt.Errorf("update project %s: %w", id, q.Error)
	}
	return p, nil
}

// Delete implements ports.Projects.
func (s *Store) Delete(
	ctx context.Context, who auth.Principal, id ids.ID, check func(*domain.Project) error,
) (*domain.Project, error) {
	p, err := s.lock(ctx, who, id, "UPDATE")
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

// lock locks the row and only then reads it with its counts: in one statement, whoever had to wait for the lock
// would read the counts as they were before.
func (s *Store) lock(ctx context.Context, who auth.Principal, id ids.ID, strength string) (*domain.Project, error) {
	var held struct{ ID ids.ID }
	q := s.visible(ctx, who).Select("id").Where("id = ?", id).Clauses(clause.Locking{Strength: strength})
	if err := q.Take(&held).Error; err != nil {
		return nil, missing(err, "lock project %s", id)
	}
	return s.Find(ctx, who, id)
}

// visible selects the projects that exist for who: their own, and for a system admin all.
func (s *Store) visible(ctx context.Context, who auth.Principal) *gorm.DB {
	q := s.db.Conn(ctx).Table("projects")
	if !who.IsAdmin() {
		q = q.Where("owner_id = ?", who.UserID)
	}
	return q
}

func missing(err error, doing string, args ...any) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return domain.ErrNotFound
	}
	return fmt.Errorf(doing+": %w", append(args, err)...)
}
