package gormstore_test

import (
	"context"
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/replica"
	"fasttrack/adapters/replica/replicatest"
	"fasttrack/modules/comments/internal/adapters/gormstore"
	"fasttrack/modules/comments/internal/ports/portstest"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

func TestContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		portstest.Run(t, portstest.Stores{
			Work: db, Comments: gormstore.NewComments(db, members(db)), Tasks: gormstore.NewTasks(db, members(db)),
			AddUser: func(ctx context.Context, id ids.ID, name string) error {
				return db.Conn(ctx).Exec(`INSERT INTO comment_users (user_id, display_name, is_active, role, version)
					VALUES (?, ?, ?, 'user', 1)`, id, name, true).Error
			},
			AddMember: func(ctx context.Context, organizationID, userID ids.ID, role auth.OrganizationRole) error {
				return db.Conn(ctx).Exec(`INSERT INTO comment_members (organization_id, user_id, role, version)
					VALUES (?, ?, ?, 1)`, organizationID, userID, string(role)).Error
			},
		})
	})
}

func members(db *database.DB) *replica.Memberships {
	return replica.NewMemberships(db, "comment_members")
}

func TestCopyOfMemberships(t *testing.T) {
	t.Parallel()
	replicatest.Memberships(t, "comment_members")
}

func TestCopyOfUsers(t *testing.T) {
	t.Parallel()
	replicatest.Users(t, "comment_users")
}
