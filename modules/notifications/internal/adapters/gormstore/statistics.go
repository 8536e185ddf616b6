package gormstore

import (
	"context"
	"fmt"

	"fasttrack/shared/statistics"
)

// Statistics counts the notifications that are kept, for operators. They are added up from the ends of the feeds, since
// numbers have no gaps.
func (s *Store) Statistics(ctx context.Context) ([]statistics.Count, error) {
	var n int64
	err := s.db.Conn(ctx).Raw(
		`SELECT CAST(COALESCE(SUM(last_seq - first_kept + 1), 0) AS BIGINT) FROM notification_streams`).Scan(&n).Error
	if err != nil {
		return nil, fmt.Errorf("count notifications: %w", err)
	}
	return []statistics.Count{{Things: "notifications", Value: n}}, nil
}
