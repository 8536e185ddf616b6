package gormstore_test

import (
	"context"
	"log/slog"
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/replica"
	"fasttrack/adapters/replica/replicatest"
	"fasttrack/modules/organizations/internal/adapters/gormstore"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports/portstest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/text"
)

// users are the copies of users, which nobody feeds.
func users(db *database.DB) *gormstore.Users {
	bus := eventbus.New(slog.New(slog.DiscardHandler))
	return gormstore.NewUsers(replica.NewUsers(bus, db, "organizations", "organization_users", replica.WithEmail))
}

func addUser(db *database.DB) func(ctx context.Context, u domain.User) error {
	return func(ctx context.Context, u domain.User) error {
		return db.Conn(ctx).Exec(`INSERT INTO organization_users
			(user_id, email, email_key, display_name, is_active, role, version) VALUES (?, ?, ?, ?, ?, 'user', 1)`,
			u.ID, u.Email, text.Fold(u.Email), u.DisplayName, u.IsActive).Error
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		portstest.Run(t, portstest.Stores{
			Work: db, Organizations: gormstore.NewOrganizations(db), Members: gormstore.NewMembers(db),
			Users: users(db), AddUser: addUser(db),
		})
	})
}

func TestCopyOfUsers(t *testing.T) {
	t.Parallel()
	replicatest.UsersWithEmail(t, "organization_users")
}
