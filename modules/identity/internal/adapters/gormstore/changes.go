package gormstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
)

// AccessChanges implements ports.AccessChanges.
type AccessChanges struct {
	db    *database.DB
	times times
}

var _ ports.AccessChanges = (*AccessChanges)(nil)

// NewAccessChanges returns a store on the database. The clock is that of SQLite.
func NewAccessChanges(db *database.DB, now clock.Clock) *AccessChanges {
	return &AccessChanges{db, times{db, now}}
}

// insertAtOnce bounds the rows of one statement: databases bound its parameters.
const insertAtOnce = 500

// Append implements ports.AccessChanges.
func (s *AccessChanges) Append(
	ctx context.Context, changes []domain.AccessChange, keep time.Duration,
) ([]domain.AccessChange, error) {
	var head struct {
		LastSeq   int64
		CountedAt time.Time
	}
	now, args := s.times.sql()
	q := s.db.Conn(ctx).Raw("UPDATE identity_change_head SET last_seq = last_seq + ? RETURNING last_seq, "+now+" AS counted_at",
		append([]any{len(changes)}, args...)...).Scan(&head)
	if q.Error != nil {
		return nil, fmt.Errorf("number access changes: %w", q.Error)
	}
	numbered := slices.Clone(changes)
	rows := make([]map[string]any, len(numbered))
	for i := range numbered {
		numbered[i].Seq = head.LastSeq - int64(len(numbered)-1-i)
		numbered[i].ExpiresAt = clock.Normal(head.CountedAt.Add(keep))
		rows[i] = insertedChange(numbered[i])
	}
	for chunk := range slices.Chunk(rows, insertAtOnce) {
		if err := s.db.Conn(ctx).Table("identity_changes").Create(chunk).Error; err != nil {
			return nil, fmt.Errorf("keep access changes: %w", err)
		}
	}
	return numbered, nil
}

// After implements ports.AccessChanges.
func (s *AccessChanges) After(ctx context.Context, seq int64, limit int) ([]domain.AccessChange, error) {
	var rows []changeRow
	err := s.db.Conn(ctx).Table("identity_changes").Select(changeColumns).
		Where("seq > ?", seq).Order("seq").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read access changes after %d: %w", seq, err)
	}
	changes := make([]domain.AccessChange, len(rows))
	for i, r := range rows {
		changes[i] = r.change()
	}
	return changes, nil
}

// Prune implements ports.AccessChanges.
func (s *AccessChanges) Prune(ctx context.Context, age time.Duration, limit int) (int, error) {
	now, err := s.times.read(ctx)
	if err != nil {
		return 0, err
	}
	q := s.db.Conn(ctx).Exec(`DELETE FROM identity_changes WHERE seq IN (
		SELECT seq FROM identity_changes WHERE expires_at < ? ORDER BY expires_at LIMIT ? `+
		s.db.Dialect().Lock("FOR UPDATE SKIP LOCKED")+`)`, now.Add(-age), limit)
	if q.Error != nil {
		return 0, fmt.Errorf("prune access changes: %w", q.Error)
	}
	return int(q.RowsAffected), nil
}
