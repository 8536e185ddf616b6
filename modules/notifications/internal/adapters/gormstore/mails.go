package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/ids"
)

// Mails implements ports.Mails.
type Mails struct{ db *database.DB }

var _ ports.Mails = (*Mails)(nil)

// NewMails returns a store on the database.
func NewMails(db *database.DB) *Mails { return &Mails{db} }

// Unsent implements ports.Mails.
func (s *Mails) Unsent(ctx context.Context, id ids.ID) (n domain.Notification, address string, ok bool, err error) {
	var rows []struct {
		Row   row `gorm:"embedded"`
		Email string
	}
	err = s.db.Conn(ctx).Raw(
		`SELECT n.user_id, n.seq, n.id, n.type, n.data, n.created_at, n.read_at, u.email
		 FROM notifications n JOIN notification_users u ON u.user_id = n.user_id
		 WHERE n.id = ? AND n.mailed_at IS NULL AND u.is_active`, id).Scan(&rows).Error
	if err != nil {
		return n, "", false, fmt.Errorf("read whether notification %s was mailed: %w", id, err)
	}
	if len(rows) == 0 {
		return n, "", false, nil
	}
	return rows[0].Row.notification(), rows[0].Email, true, nil
}

// Sent implements ports.Mails.
func (s *Mails) Sent(ctx context.Context, id ids.ID, at time.Time) error {
	err := s.db.Conn(ctx).Exec(`UPDATE notifications SET mailed_at = ? WHERE id = ?`, at, id).Error
	if err != nil {
		return fmt.Errorf("mark notification %s as mailed: %w", id, err)
	}
	return nil
}
