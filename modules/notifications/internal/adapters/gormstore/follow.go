package gormstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"fasttrack/adapters/database"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
)

// After implements ports.Feeds. Numbers have no gaps, so the limit is a bound on the number.
func (s *Store) After(
	ctx context.Context, positions []ports.Position, limit int,
) (map[ports.Position][]domain.Notification, error) {
	query, args := s.afterQuery(positions, limit)
	type behind struct {
		row   row
		after int64
	}
	rows, err := database.Scan(s.db.Conn(ctx).Raw(query, args...), func(from database.Row, r *behind) error {
		return from.Scan(append(r.row.into(), &r.after)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read %d feeds on: %w", len(positions), err)
	}
	found := make(map[ports.Position][]domain.Notification, len(positions))
	for _, r := range rows {
		at := ports.Position{UserID: r.row.UserID, Seq: r.after}
		found[at] = append(found[at], r.row.notification())
	}
	return found, nil
}

func (s *Store) afterQuery(positions []ports.Position, limit int) (query string, args []any) {
	table, args := s.positions(positions)
	return `SELECT n.user_id, n.seq, n.id, n.type, n.data, n.created_at, n.read_at, p.seq AS after_seq
		FROM ` + table + ` JOIN notifications n ON n.user_id = p.user_id AND n.seq > p.seq AND n.seq <= p.seq + ?
		ORDER BY n.user_id, p.seq, n.seq`, append(args, limit)
}

// Ahead implements ports.Feeds.
func (s *Store) Ahead(ctx context.Context, known []ports.Position) ([]ports.Position, error) {
	query, args := s.aheadQuery(known)
	// GORM's Scan would write out the statement with its arguments, which are long, once a second.
	ahead, err := database.Scan(s.db.Conn(ctx).Raw(query, args...), func(from database.Row, p *ports.Position) error {
		return from.Scan(&p.UserID, &p.Seq)
	})
	if err != nil {
		return nil, fmt.Errorf("ask which of %d feeds are ahead: %w", len(known), err)
	}
	return ahead, nil
}

func (s *Store) aheadQuery(known []ports.Position) (query string, args []any) {
	table, args := s.positions(known)
	return `SELECT s.user_id, s.last_seq AS seq
		FROM ` + table + ` JOIN notification_streams s ON s.user_id = p.user_id AND s.last_seq > p.seq`, args
}

// positions returns a table p(user_id, seq) for a FROM clause, whose text is the same for any number of them. On
// PostgreSQL they are two arrays; on SQLite one JSON object, in which a user may stand more than once: json_each, which
// is quicker over members than into arrays, shows each.
func (s *Store) positions(positions []ports.Position) (table string, args []any) {
	var element [64]byte
	if s.db.Dialect() == database.Postgres {
		users, seqs := newList(len(positions), idLength), newList(len(positions), numberLength)
		for _, p := range positions {
			next(users).Write(p.UserID.Append(element[:0]))
			next(seqs).Write(strconv.AppendInt(element[:0], p.Seq, 10))
		}
		return `unnest(CAST(? AS uuid[]), CAST(? AS bigint[])) AS p(user_id, seq)`, []any{closed(users), closed(seqs)}
	}
	object := newList(len(positions), idLength+numberLength)
	for _, p := range positions {
		text := append(p.UserID.Append(append(element[:0], '"')), `":`...)
		next(object).Write(strconv.AppendInt(text, p.Seq, 10))
	}
	return `(SELECT key AS user_id, value AS seq FROM json_each(?)) AS p`, []any{closed(object)}
}

// About how long an element is.
const (
	idLength     = len(`"00000000-0000-0000-0000-000000000000":`)
	numberLength = len(`1000000,`)
)

// newList begins the text of a list in braces. All feeds that are followed are in it once a second, so nothing is
// allocated for an element.
func newList(elements, length int) *strings.Builder {
	var list strings.Builder
	list.Grow(elements*length + 2)
	list.WriteByte('{')
	return &list
}

// next begins an element.
func next(list *strings.Builder) *strings.Builder {
	if list.Len() > 1 {
		list.WriteByte(',')
	}
	return list
}

// closed ends the list and returns it.
func closed(list *strings.Builder) string {
	list.WriteByte('}')
	return list.String()
}
