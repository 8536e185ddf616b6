package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Remains implements ports.Remains.
type Remains struct {
	db    *database.DB
	times times
}

var _ ports.Remains = (*Remains)(nil)

// NewRemains returns a store on the database. The clock is that of SQLite.
func NewRemains(db *database.DB, now clock.Clock) *Remains { return &Remains{db, times{db, now}} }

// DeleteSessions implements ports.Remains. A session lives for as long as its last token, so that one which has none
// any more is over; and one that ended before is kept for as long as if it had not.
func (s *Remains) DeleteSessions(ctx context.Context, age time.Duration, limit int) (int, error) {
	now, err := s.times.read(ctx)
	if err != nil {
		return 0, err
	}
	since := now.Add(-age)
	var sessions []ids.ID
	// Whoever else does it waits for the lock: so one of the two sees that a session has no token left.
	err = s.db.Conn(ctx).Raw(`DELETE FROM refresh_tokens WHERE (session_id, generation) IN (
		SELECT session_id, generation FROM refresh_tokens WHERE expires_at < ?
		ORDER BY expires_at, session_id, generation LIMIT ? `+s.db.Dialect().Lock("FOR UPDATE")+`) RETURNING session_id`,
		since, limit).Scan(&sessions).Error
	if err != nil {
		return 0, fmt.Errorf("delete refresh tokens: %w", err)
	}
	if len(sessions) == 0 {
		return 0, nil
	}
	err = s.db.Conn(ctx).Exec(`DELETE FROM sessions WHERE id IN ? AND expires_at < ?
		AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session_id = sessions.id)`, sessions, since).Error
	if err != nil {
		return 0, fmt.Errorf("delete sessions: %w", err)
	}
	return len(sessions), nil
}

// DeleteGuesses implements ports.Remains. Counters that somebody is at are left.
func (s *Remains) DeleteGuesses(ctx context.Context, limit int) (int, error) {
	now, err := s.times.read(ctx)
	if err != nil {
		return 0, err
	}
	deleted := 0
	for table, key := range map[string]string{"guess_accounts": "account", "guess_pairs": "account, network"} {
		q := s.db.Conn(ctx).Exec(fmt.Sprintf(`DELETE FROM %s WHERE (%s) IN (
			SELECT %s FROM %s WHERE forget_at < ? ORDER BY forget_at LIMIT ? %s)`,
			table, key, key, table, s.db.Dialect().Lock("FOR UPDATE SKIP LOCKED")), now, limit-deleted)
		if q.Error != nil {
			return 0, fmt.Errorf("delete from %s: %w", table, q.Error)
		}
		deleted += int(q.RowsAffected)
	}
	return deleted, nil
}

// DeleteMails implements ports.Remains.
func (s *Remains) DeleteMails(ctx context.Context, age time.Duration, limit int) (int, error) {
	now, err := s.times.read(ctx)
	if err != nil {
		return 0, err
	}
	q := s.db.Conn(ctx).Exec(`DELETE FROM identity_mails WHERE id IN (
		SELECT id FROM identity_mails WHERE expires_at < ? ORDER BY expires_at LIMIT ? `+
		s.db.Dialect().Lock("FOR UPDATE SKIP LOCKED")+`)`, now.Add(-age), limit)
	if q.Error != nil {
		return 0, fmt.Errorf("delete mails: %w", q.Error)
	}
	return int(q.RowsAffected), nil
}
