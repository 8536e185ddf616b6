package gormstore

import (
	"context"
	"fmt"

	"fasttrack/shared/statistics"
)

// Statistics counts projects, the tasks in them, and the deltas that wait to be folded, for operators. Tasks are added up
// from the counts of their projects, which are exact and fewer. It is one statement, so that what is being folded is
// counted once.
func (s *Store) Statistics(ctx context.Context) ([]statistics.Count, error) {
	var n struct{ Active, Archived, Todo, InProgress, Done, Unfolded int64 }
	err := s.db.Conn(ctx).Raw(`SELECT p.active, p.archived, d.unfolded,
			CAST(p.todo + d.todo AS BIGINT) AS todo, CAST(p.in_progress + d.in_progress AS BIGINT) AS in_progress,
			CAST(p.done + d.done AS BIGINT) AS done
		FROM (SELECT COUNT(*) FILTER (WHERE status = 'active') AS active,
				COUNT(*) FILTER (WHERE status = 'archived') AS archived,
				COALESCE(SUM(todo_base), 0) AS todo, COALESCE(SUM(in_progress_base), 0) AS in_progress,
				COALESCE(SUM(done_base), 0) AS done
			FROM projects) AS p
		CROSS JOIN (SELECT COUNT(*) AS unfolded, COALESCE(SUM(todo), 0) AS todo,
				COALESCE(SUM(in_progress), 0) AS in_progress, COALESCE(SUM(done), 0) AS done
			FROM project_task_deltas) AS d`).Scan(&n).Error
	if err != nil {
		return nil, fmt.Errorf("count projects and tasks: %w", err)
	}
	return []statistics.Count{
		{Things: "projects", State: "active", Value: n.Active},
		{Things: "projects", State: "archived", Value: n.Archived},
		{Things: "tasks", State: "todo", Value: n.Todo},
		{Things: "tasks", State: "in_progress", Value: n.InProgress},
		{Things: "tasks", State: "done", Value: n.Done},
		{Things: "unfolded_counts", Value: n.Unfolded},
	}, nil
}
