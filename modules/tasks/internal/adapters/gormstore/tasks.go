package gormstore

import (
	"context"
	"fmt"

	"fasttrack/adapters/database"
	"fasttrack/adapters/replica"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Tasks implements ports.Tasks.
type Tasks struct {
	db      *database.DB
	visible visibility
}

var _ ports.Tasks = (*Tasks)(nil)

// NewTasks returns a store on the database, for which the copy of memberships says who sees what.
func NewTasks(db *database.DB, members *replica.Memberships) *Tasks {
	return &Tasks{db, visibility{members}}
}

// Find implements ports.Tasks.
func (s *Tasks) Find(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Task, error) {
	t, err := s.read(ctx, caller, id, "")
	if err != nil {
		return nil, fmt.Errorf("find task %s: %w", id, err)
	}
	return t, nil
}

// Add implements ports.Tasks.
func (s *Tasks) Add(ctx context.Context, t *domain.Task) error {
	if err := database.Insert(s.db.Conn(ctx), "tasks", inserted(t)).Error; err != nil {
		return fmt.Errorf("add task %s: %w", t.State().ID, err)
	}
	return nil
}

// Update implements ports.Tasks.
func (s *Tasks) Update(
	ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Task) error,
) (*domain.Task, error) {
	t, err := s.read(ctx, caller, id, "FOR NO KEY UPDATE OF t")
	if err != nil {
		return nil, fmt.Errorf("lock task %s: %w", id, err)
	}
	before := t.State()
	if err := change(t); err != nil {
		return nil, err
	}
	after := t.State()
	if after.Version == before.Version {
		return t, nil
	}
	// The version is checked again although the row is locked: it costs nothing, and the promise of If-Match then does
	// not depend on the lock alone.
	q := database.Update(s.db.Conn(ctx), "tasks", updated(before, after), "id = ? AND version = ?", id, before.Version)
	switch {
	case q.Error != nil:
		return nil, fmt.Errorf("update task %s: %w", id, q.Error)
	case q.RowsAffected != 1:
		return nil, fmt.Errorf("update task %s: it changed in spite of its lock", id)
	}
	return t, nil
}

// Delete implements ports.Tasks.
func (s *Tasks) Delete(
	ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Task) error,
) (*domain.Task, error) {
	t, err := s.read(ctx, caller, id, "FOR UPDATE OF t")
	if err != nil {
		return nil, fmt.Errorf("lock task %s: %w", id, err)
	}
	if err := check(t); err != nil {
		return nil, err
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM tasks WHERE id = ?`, id).Error; err != nil {
		return nil, fmt.Errorf("delete task %s: %w", id, err)
	}
	return t, nil
}

// read reads a task that the caller may see, with its project, under the given locking clause.
func (s *Tasks) read(ctx context.Context, caller auth.Principal, id ids.ID, lock string) (*domain.Task, error) {
	visible := s.visible.task(caller)
	rows, err := database.Scan(s.db.Conn(ctx).Raw(`SELECT `+joinedColumns+` FROM tasks t JOIN task_projects p ON p.id = t.project_id
		WHERE t.id = ? AND `+visible.SQL+` `+s.db.Dialect().Lock(lock), visible.After(id)...), readJoinedRow)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, domain.ErrNotFound
	}
	return rows[0].task(), nil
}
