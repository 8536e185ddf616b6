package gormstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Store implements ports.Feeds.
type Store struct{ db *database.DB }

var _ ports.Feeds = (*Store)(nil)

// New returns a store on the database.
func New(db *database.DB) *Store { return &Store{db} }

// Extent implements ports.Feeds.
func (s *Store) Extent(ctx context.Context, userID ids.ID) (domain.Extent, error) {
	extent := domain.Extent{FirstKept: 1}
	err := s.db.Conn(ctx).Table("notification_streams").Select("first_kept, last_seq").
		Where("user_id = ?", userID).Take(&extent).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return domain.Extent{}, fmt.Errorf("read the extent of the feed of %s: %w", userID, err)
	}
	return extent, nil
}

// List implements ports.Feeds. A feed is in the order of its numbers, which are unique in it, so a position needs no
// more than the number.
func (s *Store) List(
	ctx context.Context, filter ports.Filter, request page.Request,
) (page.Page[domain.Notification], error) {
	query, args := `SELECT `+columns+` FROM notifications WHERE user_id = ?`, []any{filter.UserID}
	if filter.Unread {
		query += " AND read_at IS NULL"
	}
	beyond, order := " AND seq < ?", "seq DESC"
	if filter.After != nil {
		beyond, order = " AND seq > ?", "seq"
		query, args = query+beyond, append(args, *filter.After)
	}
	if request.After != nil {
		seq, err := seqOf(*request.After)
		if err != nil {
			return page.Page[domain.Notification]{}, err
		}
		query, args = query+beyond, append(args, seq)
	}
	query += " ORDER BY " + order + keyset.Limit(request.Limit+1)
	rows, err := database.Scan(s.db.Conn(ctx).Raw(query, args...), readRow)
	if err != nil {
		return page.Page[domain.Notification]{}, fmt.Errorf("list the feed of %s: %w", filter.UserID, err)
	}
	var next *page.Position
	if len(rows) > request.Limit {
		rows = rows[:request.Limit]
		next = positionOf(rows[request.Limit-1])
	}
	return page.Page[domain.Notification]{Items: notifications(rows), Next: next}, nil
}

func positionOf(r row) *page.Position {
	seq := strconv.FormatInt(r.Seq, 10)
	return &page.Position{Value: &seq, ID: r.ID}
}

func seqOf(p page.Position) (int64, error) {
	if p.Value == nil {
		return 0, page.ErrCursorMismatch
	}
	seq, err := strconv.ParseInt(*p.Value, 10, 64)
	if err != nil {
		return 0, page.ErrCursorMismatch
	}
	return seq, nil
}

// MarkRead implements ports.Feeds.
func (s *Store) MarkRead(ctx context.Context, userID, id ids.ID, at time.Time) (domain.Notification, error) {
	var rows []row
	err := s.db.Conn(ctx).Raw(
		`UPDATE notifications SET read_at = COALESCE(read_at, ?) WHERE id = ? AND user_id = ? RETURNING `+columns,
		at, id, userID).Scan(&rows).Error
	switch {
	case err != nil:
		return domain.Notification{}, fmt.Errorf("mark notification %s read: %w", id, err)
	case len(rows) == 0:
		return domain.Notification{}, domain.ErrNotFound
	}
	return rows[0].notification(), nil
}

// MarkReadUpTo implements ports.Feeds. The rows are locked in the order of their numbers, so that two who mark at once
// do not wait for each other.
func (s *Store) MarkReadUpTo(
	ctx context.Context, userID ids.ID, seq int64, at time.Time, limit int,
) (int, error) {
	// Materialized, so that no plan looks for the rows once per row.
	q := s.db.Conn(ctx).Exec(
		`WITH due AS MATERIALIZED (
			SELECT user_id, seq FROM notifications WHERE user_id = ? AND seq <= ? AND read_at IS NULL
			ORDER BY seq LIMIT ? `+s.db.Dialect().Lock("FOR NO KEY UPDATE")+`)
		UPDATE notifications AS n SET read_at = ? FROM due WHERE n.user_id = due.user_id AND n.seq = due.seq`,
		userID, seq, limit, at)
	if q.Error != nil {
		return 0, fmt.Errorf("mark the feed of %s read up to %d: %w", userID, seq, q.Error)
	}
	return int(q.RowsAffected), nil
}
