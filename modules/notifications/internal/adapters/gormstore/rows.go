// Package gormstore keeps feeds in SQLite or PostgreSQL.
package gormstore

import (
	"encoding/json"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/ids"
)

// row is a notification as the table notifications has it.
type row struct {
	UserID    ids.ID
	Seq       int64
	ID        ids.ID
	Type      string
	Data      string
	CreatedAt time.Time
	ReadAt    *time.Time
}

const columns = `user_id, seq, id, type, data, created_at, read_at`

// into returns where [columns] go.
func (r *row) into() []any {
	return []any{&r.UserID, &r.Seq, &r.ID, &r.Type, &r.Data, &r.CreatedAt, &r.ReadAt}
}

// readRow reads [columns] by hand, see [database.Scan].
func readRow(from database.Row, r *row) error { return from.Scan(r.into()...) }

func (r row) notification() domain.Notification {
	return domain.Notification{
		ID: r.ID, UserID: r.UserID, Seq: r.Seq, Type: domain.Type(r.Type), Data: json.RawMessage(r.Data),
		CreatedAt: r.CreatedAt, ReadAt: r.ReadAt,
	}
}

func rowOf(n domain.Notification) row {
	return row{
		UserID: n.UserID, Seq: n.Seq, ID: n.ID, Type: string(n.Type), Data: string(n.Data),
		CreatedAt: n.CreatedAt, ReadAt: n.ReadAt,
	}
}

func notifications(rows []row) []domain.Notification {
	found := make([]domain.Notification, len(rows))
	for i, r := range rows {
		found[i] = r.notification()
	}
	return found
}
