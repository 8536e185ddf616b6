package gormstore_test

import (
	"context"
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/replica/replicatest"
	"fasttrack/modules/comments/internal/adapters/gormstore"
	"fasttrack/modules/comments/internal/ports/portstest"
	"fasttrack/shared/ids"
)

func TestContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		portstest.Run(t, portstest.Stores{
			Work: db, Comments: gormstore.NewComments(db), Tasks: gormstore.NewTasks(db),
			AddUser: func(ctx context.Context, id ids.ID, name string) error {
				return db.Conn(ctx).Exec(`INSERT INTO comment_users (user_id, display_name, is_active, role, version)
					VALUES (?, ?, ?, 'user', 1)`, id, name, true).Error
			},
		})
	})
}

func TestCopyOfUsers(t *testing.T) {
	t.Parallel()
	replicatest.Users(t, "comment_users")
}
