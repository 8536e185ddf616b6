package gormstore

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/ids"
)

// atOnce bounds the rows of one statement, far below what either dialect can bind.
const atOnce = 1000

// Append implements ports.Feeds.
func (s *Store) Append(ctx context.Context, fresh []domain.Notification) ([]ports.Position, error) {
	ends, err := s.advance(ctx, growth(fresh))
	if err != nil {
		return nil, err
	}
	number(fresh, ends)
	rows := make([]row, len(fresh))
	for i, n := range fresh {
		rows[i] = rowOf(n)
	}
	if err := s.db.Conn(ctx).Table("notifications").CreateInBatches(rows, atOnce).Error; err != nil {
		return nil, fmt.Errorf("append %d notifications: %w", len(rows), err)
	}
	return ends, nil
}

// growth counts what is new for each user, in the order of the users. (Position.Seq is that count here.)
func growth(fresh []domain.Notification) []ports.Position {
	counts := map[ids.ID]int64{}
	for _, n := range fresh {
		counts[n.UserID]++
	}
	grown := make([]ports.Position, 0, len(counts))
	for user, count := range counts {
		grown = append(grown, ports.Position{UserID: user, Seq: count})
	}
	slices.SortFunc(grown, func(a, b ports.Position) int { return bytes.Compare(a.UserID[:], b.UserID[:]) })
	return grown
}

// advance moves the end of each feed and thereby locks it, in the order given.
func (s *Store) advance(ctx context.Context, grown []ports.Position) ([]ports.Position, error) {
	ends := make([]ports.Position, 0, len(grown))
	for chunk := range slices.Chunk(grown, atOnce) {
		values := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(chunk)), ", ")
		args := make([]any, 0, 2*len(chunk))
		for _, g := range chunk {
			args = append(args, g.UserID, g.Seq)
		}
		var advanced []ports.Position
		err := s.db.Conn(ctx).Raw(
			`INSERT INTO notification_streams AS s (user_id, last_seq) VALUES `+values+`
			 ON CONFLICT (user_id) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
			 RETURNING user_id, last_seq AS seq`, args...).Scan(&advanced).Error
		if err != nil {
			return nil, fmt.Errorf("advance %d feeds: %w", len(chunk), err)
		}
		ends = append(ends, advanced...)
	}
	return ends, nil
}

// number gives each notification its place, counted back from the end of its feed.
func number(fresh []domain.Notification, ends []ports.Position) {
	next := make(map[ids.ID]int64, len(ends))
	for _, end := range ends {
		next[end.UserID] = end.Seq
	}
	for i := range slices.Backward(fresh) {
		user := fresh[i].UserID
		fresh[i].Seq = next[user]
		next[user]--
	}
}
