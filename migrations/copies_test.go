package migrations_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/migrations"
	"fasttrack/shared/ids"
)

// Who had an account before there were organisations can belong to one: the migration copies them.
func TestUsersFromBeforeOrganizationsAreKnownToThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		db, ctx := dbtest.Open(t, address), t.Context()
		m, err := migrations.New(db)
		require.NoError(t, err)
		applied, err := m.Up(ctx)
		require.NoError(t, err)
		later := 0
		for _, migration := range applied {
			if migration.Version >= 12 { // organizations_create
				later++
			}
		}
		_, err = m.Down(ctx, later)
		require.NoError(t, err)

		ada, at := ids.New(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		require.NoError(t, db.Do(ctx, func(ctx context.Context) error {
			return db.Conn(ctx).Table("users").Create(map[string]any{
				"id": ada, "email": "Ada@example.com", "email_key": "ada@example.com", "search_key": "ada", "display_name": "Ada",
				"role": "admin", "is_active": true, "email_verified": false, "password_hash": "", "version": 7,
				"created_at": at, "updated_at": at,
			}).Error
		}))
		_, err = m.Up(ctx)
		require.NoError(t, err)
		var known int
		require.NoError(t, db.Conn(ctx).Raw(`SELECT count(*) FROM organization_users WHERE user_id = ? AND version = 7
			AND email = 'Ada@example.com' AND email_key = 'ada@example.com' AND display_name = 'Ada' AND role = 'admin'
			AND is_active`, ada).Scan(&known).Error)
		require.Equal(t, 1, known)
	})
}
