package gormstore

import (
	"context"
	"fmt"
	"math/rand/v2"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/ids"
)

// deltasPerFold is how many deltas a project has on average when they are folded. Who folds is left to chance, since no
// statement is to be spent on counting them: any other rule, such as every so many deltas of all projects, is met by
// some pattern of writes under which one project is never folded. What chance has left over is folded by a job.
const deltasPerFold = 64

// Count implements ports.Projects.
func (s *Store) Count(ctx context.Context, id ids.ID, delta domain.TaskCounts) error {
	err := s.db.Conn(ctx).Exec(
		`INSERT INTO project_task_deltas (project_id, todo, in_progress, done) VALUES (?, ?, ?, ?)`,
		id, delta.Todo, delta.InProgress, delta.Done).Error
	if err != nil {
		return fmt.Errorf("add to the task counts of project %s: %w", id, err)
	}
	if rand.N(deltasPerFold) != 0 { //nolint:gosec // chance, no secret
		return nil
	}
	if err := s.fold(ctx, id); err != nil {
		return fmt.Errorf("fold the task counts of project %s: %w", id, err)
	}
	return nil
}

// Fold implements ports.Projects.
func (s *Store) Fold(ctx context.Context, after ids.ID, limit int) (last ids.ID, more bool, err error) {
	var next []struct{ ProjectID ids.ID }
	err = s.db.Conn(ctx).Raw(`SELECT DISTINCT project_id FROM project_task_deltas WHERE project_id > ?
		ORDER BY project_id LIMIT ?`, after, limit).Scan(&next).Error
	if err != nil {
		return after, false, fmt.Errorf("look for task counts to fold: %w", err)
	}
	for _, p := range next {
		if err := s.fold(ctx, p.ProjectID); err != nil {
			return after, false, fmt.Errorf("fold the task counts of project %s: %w", p.ProjectID, err)
		}
		after = p.ProjectID
	}
	return after, len(next) == limit, nil
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
		return err
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
