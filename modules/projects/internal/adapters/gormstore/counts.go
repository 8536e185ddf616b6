package gormstore

import (
	"context"
	"fmt"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/ids"
)

// foldEvery says at which deltas, counted over all projects, a writer tries to fold: on average a project has so
// many when it is folded, and no statement is spent on counting them.
const foldEvery = 64

// Count implements ports.Projects.
func (s *Store) Count(ctx context.Context, id ids.ID, delta domain.TaskCounts) error {
	var number int64
	err := s.db.Conn(ctx).Raw(
		`INSERT INTO project_task_deltas (project_id, todo, in_progress, done) VALUES (?, ?, ?, ?) RETURNING id`,
		id, delta.Todo, delta.InProgress, delta.Done).Scan(&number).Error
	if err != nil {
		return fmt.Errorf("add to the task counts of project %s: %w", id, err)
	}
	if number%foldEvery == 0 {
		return s.fold(ctx, id)
	}
	return nil
}

// fold moves the deltas of a project into its row. A writer of tasks comes here holding locks that come after
// projects in the lock order, so it must not wait: if somebody holds the row, folding is left to the next one.
func (s *Store) fold(ctx context.Context, id ids.ID) error {
	var held []struct{ ID ids.ID }
	err := s.db.Conn(ctx).Raw(
		`SELECT id FROM projects WHERE id = ? `+s.db.Dialect().Lock("FOR NO KEY UPDATE SKIP LOCKED"), id).Scan(&held).Error
	if err != nil || len(held) == 0 {
		return err
	}
	// What is returned is what was deleted: a delta that somebody adds meanwhile is neither.
	var deltas []domain.TaskCounts
	err = s.db.Conn(ctx).Raw(
		`DELETE FROM project_task_deltas WHERE project_id = ? RETURNING todo, in_progress, done`, id).Scan(&deltas).Error
	if err != nil {
		return fmt.Errorf("fold the task counts of project %s: %w", id, err)
	}
	var sum domain.TaskCounts
	for _, d := range deltas {
		sum = sum.Plus(d)
	}
	return s.db.Conn(ctx).Exec(
		`UPDATE projects SET todo_base = todo_base + ?, in_progress_base = in_progress_base + ?, done_base = done_base + ?
		 WHERE id = ?`, sum.Todo, sum.InProgress, sum.Done, id).Error
}

// ForgetCounts implements ports.Projects.
func (s *Store) ForgetCounts(ctx context.Context, id ids.ID) error {
	err := s.db.Conn(ctx).Exec(`DELETE FROM project_task_deltas WHERE project_id = ?`, id).Error
	if err != nil {
		return fmt.Errorf("forget the task counts of project %s: %w", id, err)
	}
	return nil
}
