package gormstore

import (
	"context"
	"fmt"

	"fasttrack/shared/statistics"
)

// Statistics counts users and the sessions that are alive, for operators.
func (s *Sessions) Statistics(ctx context.Context) ([]statistics.Count, error) {
	var n struct{ Active, Disabled, Sessions int64 }
	now, args := s.times.sql()
	err := s.db.Conn(ctx).Raw(`SELECT u.active, u.disabled,
			(SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND expires_at > `+now+`) AS sessions
		FROM (SELECT COUNT(*) FILTER (WHERE is_active) AS active, COUNT(*) FILTER (WHERE NOT is_active) AS disabled
			FROM users) AS u`, args...).Scan(&n).Error
	if err != nil {
		return nil, fmt.Errorf("count users and sessions: %w", err)
	}
	return []statistics.Count{
		{Things: "users", State: "active", Value: n.Active},
		{Things: "users", State: "disabled", Value: n.Disabled},
		{Things: "sessions", Value: n.Sessions},
	}, nil
}
