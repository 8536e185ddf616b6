package gormstore

import (
	"context"
	"fmt"

	"fasttrack/shared/statistics"
)

// Statistics counts organisations, for operators.
func (s *Organizations) Statistics(ctx context.Context) ([]statistics.Count, error) {
	var n int64
	if err := s.db.Conn(ctx).Raw(`SELECT COUNT(*) FROM organizations`).Scan(&n).Error; err != nil {
		return nil, fmt.Errorf("count organizations: %w", err)
	}
	return []statistics.Count{{Things: "organizations", Value: n}}, nil
}
