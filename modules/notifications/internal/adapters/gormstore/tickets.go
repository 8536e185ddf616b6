package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/notifications/internal/ports"
)

// Tickets implements ports.Tickets.
type Tickets struct{ db *database.DB }

var _ ports.Tickets = (*Tickets)(nil)

// NewTickets returns a store on the database.
func NewTickets(db *database.DB) *Tickets { return &Tickets{db} }

// Keep implements ports.Tickets.
func (s *Tickets) Keep(ctx context.Context, hash, sealed []byte, expires time.Time) error {
	err := database.Insert(s.db.Conn(ctx), "notification_tickets", map[string]any{
		"ticket_hash": hash, "sealed_token": sealed, "expires_at": expires,
	}).Error
	if err != nil {
		return fmt.Errorf("keep a ticket: %w", err)
	}
	return nil
}

// Take implements ports.Tickets. Who deletes the row has the ticket.
func (s *Tickets) Take(ctx context.Context, hash []byte, now time.Time) (sealed []byte, ok bool, err error) {
	var rows []struct{ SealedToken []byte }
	err = s.db.Conn(ctx).Raw(
		`DELETE FROM notification_tickets WHERE ticket_hash = ? AND expires_at > ? RETURNING sealed_token`, hash, now).
		Scan(&rows).Error
	if err != nil {
		return nil, false, fmt.Errorf("take a ticket: %w", err)
	}
	if len(rows) == 0 {
		return nil, false, nil
	}
	return rows[0].SealedToken, true, nil
}

// Sweep implements ports.Tickets. What somebody else holds is being taken or swept.
func (s *Tickets) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	q := s.db.Conn(ctx).Exec(
		`DELETE FROM notification_tickets WHERE ticket_hash IN (
			SELECT ticket_hash FROM notification_tickets WHERE expires_at <= ? ORDER BY expires_at LIMIT ? `+
			s.db.Dialect().Lock("FOR UPDATE SKIP LOCKED")+`)`, now, limit)
	if q.Error != nil {
		return 0, fmt.Errorf("sweep tickets: %w", q.Error)
	}
	return int(q.RowsAffected), nil
}
