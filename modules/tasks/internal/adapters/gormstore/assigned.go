package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/shared/ids"
)

// assignedIn selects the tasks of a user in the projects of an organisation.
const assignedIn = `SELECT t.id FROM tasks t JOIN task_projects p ON p.id = t.project_id
	WHERE t.assignee_id = ? AND p.organization_id = ?`

// LockAssigned implements ports.Tasks. Whoever locks several tasks does it in the order of their ids, or two would wait
// for each other. What is locked stays in the database.
func (s *Tasks) LockAssigned(ctx context.Context, organizationID, userID ids.ID) error {
	lock := s.db.Dialect().Lock("FOR NO KEY UPDATE OF t")
	if lock == "" {
		return nil
	}
	err := s.db.Conn(ctx).Exec(`SELECT count(*) FROM (`+assignedIn+` ORDER BY t.id `+lock+`) AS locked`,
		userID, organizationID).Error
	if err != nil {
		return fmt.Errorf("lock the tasks of user %s: %w", userID, err)
	}
	return nil
}

// Unassign implements ports.Tasks.
func (s *Tasks) Unassign(
	ctx context.Context, organizationID, userID ids.ID, now time.Time, limit int,
) ([]ids.ID, error) {
	var rows []struct{ ID ids.ID }
	err := s.db.Conn(ctx).Raw(`UPDATE tasks SET assignee_id = NULL, version = version + 1, updated_at = ?
		WHERE id IN (`+assignedIn+` LIMIT ?) RETURNING id`, now, userID, organizationID, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("take the tasks from user %s: %w", userID, err)
	}
	unassigned := make([]ids.ID, len(rows))
	for i, r := range rows {
		unassigned[i] = r.ID
	}
	return unassigned, nil
}
