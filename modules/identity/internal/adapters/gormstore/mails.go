package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// mailRow is a mail as the table identity_mails has it.
type mailRow struct {
	ID        ids.ID
	UserID    ids.ID
	Kind      string
	Address   string
	TokenHash []byte
	CreatedAt time.Time
	ExpiresAt time.Time
	SentAt    *time.Time
	EndedAt   *time.Time
}

func (r mailRow) mail() domain.Mail {
	return domain.Mail{
		ID: r.ID, UserID: r.UserID, Kind: domain.MailKind(r.Kind), Address: domain.RestoreEmail(r.Address),
		TokenHash: r.TokenHash, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, SentAt: r.SentAt, EndedAt: r.EndedAt,
	}
}

// Mails implements ports.Mails.
type Mails struct{ db *database.DB }

var _ ports.Mails = (*Mails)(nil)

// NewMails returns a store on the database.
func NewMails(db *database.DB) *Mails { return &Mails{db} }

// Find implements ports.Mails.
func (s *Mails) Find(ctx context.Context, id ids.ID) (domain.Mail, error) {
	var r mailRow
	if err := s.db.Conn(ctx).Table("identity_mails").Where("id = ?", id).Take(&r).Error; err != nil {
		return domain.Mail{}, missing(err, domain.ErrNoMail, "find mail "+id.String())
	}
	return r.mail(), nil
}

// Since implements ports.Mails.
func (s *Mails) Since(ctx context.Context, userID ids.ID, kind domain.MailKind, at time.Time) ([]time.Time, error) {
	var rows []struct{ CreatedAt time.Time }
	err := s.db.Conn(ctx).Table("identity_mails").Select("created_at").
		Where("user_id = ? AND kind = ? AND created_at >= ?", userID, string(kind), at).Order("created_at").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count mails to user %s: %w", userID, err)
	}
	times := make([]time.Time, len(rows))
	for i, r := range rows {
		times[i] = clock.Normal(r.CreatedAt)
	}
	return times, nil
}

// Add implements ports.Mails.
func (s *Mails) Add(ctx context.Context, m domain.Mail) error {
	err := database.Insert(s.db.Conn(ctx), "identity_mails", map[string]any{
		"id": m.ID, "user_id": m.UserID, "kind": string(m.Kind), "address": m.Address.String(), "token_hash": m.TokenHash,
		"created_at": m.CreatedAt, "expires_at": m.ExpiresAt, "sent_at": m.SentAt, "ended_at": m.EndedAt,
	}).Error
	if err != nil {
		return fmt.Errorf("keep mail %s: %w", m.ID, err)
	}
	return nil
}

// Supersede implements ports.Mails.
func (s *Mails) Supersede(ctx context.Context, userID ids.ID, kind domain.MailKind, at, forget time.Time) error {
	q := s.db.Conn(ctx).Exec("DELETE FROM identity_mails WHERE user_id = ? AND created_at < ?", userID, forget)
	if q.Error == nil {
		q = s.db.Conn(ctx).Exec(`UPDATE identity_mails SET ended_at = ? WHERE user_id = ? AND kind = ? AND ended_at IS NULL`,
			at, userID, string(kind))
	}
	if q.Error != nil {
		return fmt.Errorf("supersede the mails to user %s: %w", userID, q.Error)
	}
	return nil
}

// End implements ports.Mails.
func (s *Mails) End(ctx context.Context, id ids.ID, at time.Time) (bool, error) {
	q := s.db.Conn(ctx).Exec(`UPDATE identity_mails SET ended_at = ? WHERE id = ? AND ended_at IS NULL`, at, id)
	if q.Error != nil {
		return false, fmt.Errorf("end mail %s: %w", id, q.Error)
	}
	return q.RowsAffected == 1, nil
}

// MarkSent implements ports.Mails.
func (s *Mails) MarkSent(ctx context.Context, id ids.ID, at time.Time) error {
	if err := s.db.Conn(ctx).Exec(`UPDATE identity_mails SET sent_at = ? WHERE id = ?`, at, id).Error; err != nil {
		return fmt.Errorf("mark mail %s as sent: %w", id, err)
	}
	return nil
}
