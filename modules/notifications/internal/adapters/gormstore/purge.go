package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/modules/notifications/internal/ports"
)

// Purge implements ports.Feeds. The streams are locked before the notifications, and both in the order of their keys, so
// that nobody who appends or marks waits in a circle.
func (s *Store) Purge(ctx context.Context, before time.Time, limit int) (int, error) {
	var ends []ports.Position
	err := s.db.Conn(ctx).Raw(
		`SELECT user_id, MAX(seq) AS seq FROM (
			SELECT user_id, seq FROM notifications WHERE created_at < ? ORDER BY created_at LIMIT ?
		 ) AS old GROUP BY user_id`, before, limit).Scan(&ends).Error
	if err != nil {
		return 0, fmt.Errorf("find notifications that are too old: %w", err)
	}
	if len(ends) == 0 {
		return 0, nil
	}
	table, args := s.positions(ends)
	err = s.db.Conn(ctx).Exec(
		`WITH held AS MATERIALIZED (
			SELECT s.user_id, p.seq FROM `+table+` JOIN notification_streams s ON s.user_id = p.user_id
			ORDER BY s.user_id `+s.db.Dialect().Lock("FOR NO KEY UPDATE OF s")+`)
		UPDATE notification_streams AS s SET first_kept = held.seq + 1
		FROM held WHERE s.user_id = held.user_id AND s.first_kept <= held.seq`, args...).Error
	if err != nil {
		return 0, fmt.Errorf("move the beginning of %d feeds: %w", len(ends), err)
	}
	q := s.db.Conn(ctx).Exec(
		`WITH due AS MATERIALIZED (
			SELECT n.user_id, n.seq FROM `+table+` JOIN notifications n ON n.user_id = p.user_id AND n.seq <= p.seq
			ORDER BY n.user_id, n.seq `+s.db.Dialect().Lock("FOR UPDATE OF n")+`)
		DELETE FROM notifications WHERE (user_id, seq) IN (SELECT user_id, seq FROM due)`, args...)
	if q.Error != nil {
		return 0, fmt.Errorf("delete the beginning of %d feeds: %w", len(ends), q.Error)
	}
	return int(q.RowsAffected), nil
}
