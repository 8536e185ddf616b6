package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/adapters/replica"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/modules/comments/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// list defines the sort key of the comments on a task, which has an index.
var list = keyset.New("id", func(r row) ids.ID { return r.ID },
	keyset.Time("created_at", "created_at", func(r row) time.Time { return r.CreatedAt }),
).ReadBy(readRow)

// selected selects a [row] of the table comments AS c.
var selected = keyset.From("SELECT " + columns + " FROM comments AS c")

// Comments implements ports.Comments.
type Comments struct {
	db      *database.DB
	visible visibility
	tasks   *Tasks
}

var _ ports.Comments = (*Comments)(nil)

// NewComments returns a store on the database, for which the copy of memberships says who sees what.
func NewComments(db *database.DB, members *replica.Memberships) *Comments {
	return &Comments{db, visibility{members}, NewTasks(db, members)}
}

// Find implements ports.Comments.
func (s *Comments) Find(ctx context.Context, caller auth.Principal, id ids.ID) (domain.State, error) {
	visible := s.visible.task(caller)
	found, err := database.Scan(s.db.Conn(ctx).Raw(`SELECT `+columns+` FROM `+tables+` WHERE c.id = ? AND `+visible.SQL,
		visible.After(id)...), readRow)
	switch {
	case err != nil:
		return domain.State{}, fmt.Errorf("find comment %s: %w", id, err)
	case len(found) == 0:
		return domain.State{}, domain.ErrNotFound
	}
	return found[0].state(), nil
}

// List implements ports.Comments. An empty page is ambiguous: the task may have no comments or be hidden, so look it
// up.
func (s *Comments) List(
	ctx context.Context, caller auth.Principal, taskID ids.ID, request page.Request,
) (page.Page[domain.State], error) {
	seen := s.visible.taskExists(caller, taskID)
	rows, err := list.Read(s.db.Conn(ctx), request,
		selected.Where("task_id = ?", taskID).Where(seen.SQL, seen.Args...))
	if err != nil {
		return page.Page[domain.State]{}, fmt.Errorf("list the comments on task %s: %w", taskID, err)
	}
	if len(rows.Items) == 0 {
		var exists bool
		if err := s.db.Conn(ctx).Raw(`SELECT `+seen.SQL, seen.Args...).Scan(&exists).Error; err != nil {
			return page.Page[domain.State]{}, fmt.Errorf("look for task %s: %w", taskID, err)
		}
		if !exists {
			return page.Page[domain.State]{}, domain.ErrTaskNotFound
		}
	}
	return page.Map(rows, row.state), nil
}

// Add implements ports.Comments.
func (s *Comments) Add(ctx context.Context, c *domain.Comment) error {
	state := c.State()
	if err := database.Insert(s.db.Conn(ctx), "comments", inserted(state)).Error; err != nil {
		return fmt.Errorf("add comment %s: %w", state.ID, err)
	}
	return nil
}

// Update implements ports.Comments.
func (s *Comments) Update(
	ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Comment, auth.Caller) error,
) (*domain.Comment, error) {
	c, by, err := s.lock(ctx, caller, id, "FOR NO KEY UPDATE")
	if err != nil {
		return nil, err
	}
	before := c.State().Version
	if err := change(c, by); err != nil {
		return nil, err
	}
	after := c.State()
	if after.Version == before {
		return c, nil
	}
	// The version is checked again although the row is locked: it costs nothing, and the promise of If-Match then does
	// not depend on the lock alone.
	q := database.Update(s.db.Conn(ctx), "comments", updated(after), "id = ? AND version = ?", id, before)
	switch {
	case q.Error != nil:
		return nil, fmt.Errorf("update comment %s: %w", id, q.Error)
	case q.RowsAffected != 1:
		return nil, fmt.Errorf("update comment %s: it changed in spite of its lock", id)
	}
	return c, nil
}

// Delete implements ports.Comments.
func (s *Comments) Delete(
	ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Comment, auth.Caller) error,
) (*domain.Comment, error) {
	c, by, err := s.lock(ctx, caller, id, "FOR UPDATE")
	if err != nil {
		return nil, err
	}
	if err := check(c, by); err != nil {
		return nil, err
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM comments WHERE id = ?`, id).Error; err != nil {
		return nil, fmt.Errorf("delete comment %s: %w", id, err)
	}
	return c, nil
}

// tables joins a comment with its task and project. A comment never moves to another task, nor a task to another
// project, so the join is safe before anything is locked.
const tables = `comments c JOIN comment_tasks t ON t.task_id = c.task_id
	JOIN comment_projects p ON p.project_id = t.project_id`

// lock reads a comment that the caller may see, with its task and project, and locks all three, and with them what the
// caller is in the project's organisation. PostgreSQL takes the locks in the order in which the clauses name the tables,
// and a statement that had to wait for a lock returns the row as it is after the wait.
func (s *Comments) lock(
	ctx context.Context, caller auth.Principal, id ids.ID, strength string,
) (*domain.Comment, auth.Caller, error) {
	held, err := s.tasks.holdProject(ctx, caller, domain.ErrNotFound, tables, `c.id = ?`, id)
	if err != nil {
		return nil, auth.Caller{}, err
	}
	visible := s.visible.task(caller)
	var r joinedRow
	q := s.db.Conn(ctx).Raw(`SELECT `+columns+`, `+taskColumns+` FROM `+tables+` WHERE c.id = ? AND `+visible.SQL+` `+
		s.db.Dialect().Lock("FOR SHARE OF t "+strength+" OF c"), visible.After(id)...).Scan(&r)
	switch {
	case q.Error != nil:
		return nil, auth.Caller{}, fmt.Errorf("lock comment %s: %w", id, q.Error)
	case q.RowsAffected == 0:
		return nil, auth.Caller{}, domain.ErrNotFound
	}
	return r.comment(), held.Caller, nil
}
