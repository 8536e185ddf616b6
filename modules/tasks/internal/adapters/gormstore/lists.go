package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// list defines the sort keys of tasks. Each has an index per kind of list: by project, by owner and by assignee.
var list = keyset.New("id", func(r row) ids.ID { return r.ID },
	keyset.Time("created_at", "created_at", func(r row) time.Time { return r.CreatedAt }),
	keyset.Time("updated_at", "updated_at", func(r row) time.Time { return r.UpdatedAt }),
	keyset.NullTime("due_at", "due_at", func(r row) *time.Time { return r.DueAt }),
	keyset.Int("priority", "priority", func(r row) int64 { return r.Priority }),
).ReadBy(readRow)

// selected selects a [row] of the table tasks AS t.
var selected = keyset.From("SELECT " + columns + " FROM tasks AS t")

// ListInProject implements ports.Tasks. An empty page is ambiguous: the project may be empty or hidden, so look it
// up.
func (s *Tasks) ListInProject(
	ctx context.Context, caller auth.Principal, projectID ids.ID, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	filter.ProjectID = &projectID
	seen := s.visible.projectExists(caller, projectID)
	filtered, err := s.filtered(ctx, filter)
	if err != nil {
		return page.Page[domain.State]{}, err
	}
	rows, err := list.Read(s.db.Conn(ctx), request, filtered.Where(seen.SQL, seen.Args...))
	if err != nil {
		return page.Page[domain.State]{}, fmt.Errorf("list the tasks of project %s: %w", projectID, err)
	}
	if len(rows.Items) == 0 {
		var exists bool
		if err := s.db.Conn(ctx).Raw(`SELECT `+seen.SQL, seen.Args...).Scan(&exists).Error; err != nil {
			return page.Page[domain.State]{}, fmt.Errorf("look for project %s: %w", projectID, err)
		}
		if !exists {
			return page.Page[domain.State]{}, domain.ErrProjectNotFound
		}
	}
	return page.Map(rows, row.state), nil
}

// ListOf implements ports.Tasks. No index serves "owned or assigned" as one condition, so the two lists are read
// separately, each in the requested order and no further than one page, and merged.
func (s *Tasks) ListOf(
	ctx context.Context, userID ids.ID, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	filtered, err := s.filtered(ctx, filter)
	if err != nil {
		return page.Page[domain.State]{}, err
	}
	var branches []keyset.Select
	assignee := filter.Assignee
	anybody, isUser := assignee == ports.Assignee{}, assignee.ID != nil && *assignee.ID == userID
	if !isUser { // the other branch has all tasks assigned to the user
		branches = append(branches, owned(filtered, userID, filter.ProjectID))
	}
	if anybody {
		branches = append(branches, filtered.Where("assignee_id = ?", userID))
	}
	if isUser {
		branches = append(branches, filtered)
	}
	rows, err := list.Read(s.db.Conn(ctx), request, branches...)
	if err != nil {
		return page.Page[domain.State]{}, fmt.Errorf("list the tasks of user %s: %w", userID, err)
	}
	return page.Map(rows, row.state), nil
}

// owned narrows a query to the tasks of a user's personal projects, or of the one that the filter has named.
func owned(filtered keyset.Select, userID ids.ID, project *ids.ID) keyset.Select {
	if project == nil {
		return filtered.Where("owner_id = ?", userID)
	}
	own := personalProjectExists(userID, *project)
	return filtered.Where(own.SQL, own.Args...)
}

// filtered selects the tasks that match the filter.
func (s *Tasks) filtered(ctx context.Context, f ports.Filter) (keyset.Select, error) {
	q := selected
	if f.ProjectID != nil {
		q = q.Where("project_id = ?", *f.ProjectID)
	}
	if f.Status != nil {
		q = q.Where("status = ?", string(*f.Status))
	}
	if f.Completed != nil {
		q = q.Where(map[bool]string{true: "status = ?", false: "status <> ?"}[*f.Completed], string(domain.Done))
	}
	if f.Priority != nil {
		q = q.Where("priority = ?", int64(*f.Priority))
	}
	switch {
	case f.Assignee.Nobody:
		q = q.Where("assignee_id IS NULL")
	case f.Assignee.ID != nil:
		q = q.Where("assignee_id = ?", *f.Assignee.ID)
	}
	if f.DueBefore != nil {
		q = q.Where("due_at < ?", *f.DueBefore)
	}
	if f.DueAfter != nil {
		q = q.Where("due_at >= ?", *f.DueAfter)
	}
	return s.matching(ctx, q, f.Text)
}
