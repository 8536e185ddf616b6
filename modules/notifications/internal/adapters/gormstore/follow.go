package gormstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"fasttrack/adapters/database"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/ids"
)

// After implements ports.Feeds. Numbers have no gaps, so the limit is a bound on the number.
func (s *Store) After(
	ctx context.Context, positions []ports.Position, limit int,
) (map[ports.Position][]domain.Notification, error) {
	table, args := s.positions(positions)
	var rows []struct {
		Row      row `gorm:"embedded"`
		AfterSeq int64
	}
	err := s.db.Conn(ctx).Raw(
		`SELECT p.seq AS after_seq, n.user_id, n.seq, n.id, n.type, n.data, n.created_at, n.read_at
		 FROM `+table+` JOIN notifications n ON n.user_id = p.user_id AND n.seq > p.seq AND n.seq <= p.seq + ?
		 ORDER BY n.user_id, p.seq, n.seq`, append(args, limit)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read %d feeds on: %w", len(positions), err)
	}
	found := make(map[ports.Position][]domain.Notification, len(positions))
	for _, r := range rows {
		at := ports.Position{UserID: r.Row.UserID, Seq: r.AfterSeq}
		found[at] = append(found[at], r.Row.notification())
	}
	return found, nil
}

// Ahead implements ports.Feeds.
func (s *Store) Ahead(ctx context.Context, known []ports.Position) ([]ports.Position, error) {
	table, args := s.positions(known)
	var ahead []ports.Position
	err := s.db.Conn(ctx).Raw(
		`SELECT s.user_id, s.last_seq AS seq
		 FROM `+table+` JOIN notification_streams s ON s.user_id = p.user_id AND s.last_seq > p.seq`,
		args...).Scan(&ahead).Error
	if err != nil {
		return nil, fmt.Errorf("ask which of %d feeds are ahead: %w", len(known), err)
	}
	return ahead, nil
}

// positions returns a table p(user_id, seq) for a FROM clause. However many there are, they are one or two parameters:
// arrays on PostgreSQL, JSON on SQLite, where a statement has the same text for any number of them.
func (s *Store) positions(positions []ports.Position) (table string, args []any) {
	if s.db.Dialect() == database.Postgres {
		users, seqs := make([]string, len(positions)), make([]string, len(positions))
		for i, p := range positions {
			users[i], seqs[i] = p.UserID.String(), strconv.FormatInt(p.Seq, 10)
		}
		return `unnest(CAST(? AS uuid[]), CAST(? AS bigint[])) AS p(user_id, seq)`,
			[]any{"{" + strings.Join(users, ",") + "}", "{" + strings.Join(seqs, ",") + "}"}
	}
	pairs := make([]pair, len(positions))
	for i, p := range positions {
		pairs[i] = pair{p.UserID, p.Seq}
	}
	text, err := json.Marshal(pairs)
	if err != nil {
		panic("notifications: ids and numbers do not marshal: " + err.Error())
	}
	return `(SELECT value ->> 0 AS user_id, value ->> 1 AS seq FROM json_each(?)) AS p`, []any{string(text)}
}

// pair is a position as the JSON [user, seq].
type pair struct {
	userID ids.ID
	seq    int64
}

// MarshalJSON writes an array.
func (p pair) MarshalJSON() ([]byte, error) {
	return []byte(`["` + p.userID.String() + `",` + strconv.FormatInt(p.seq, 10) + `]`), nil
}
