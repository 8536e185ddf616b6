package gormstore_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/replica"
	"fasttrack/adapters/replica/replicatest"
	"fasttrack/modules/projects/internal/adapters/gormstore"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports/portstest"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

func TestContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		portstest.Run(t, portstest.Stores{
			Work: db, Projects: newStore(db),
			AddMember: func(ctx context.Context, organizationID, userID ids.ID, role auth.OrganizationRole) error {
				return db.Conn(ctx).Exec(`INSERT INTO project_members (organization_id, user_id, role, version)
					VALUES (?, ?, ?, 1)`, organizationID, userID, string(role)).Error
			},
		})
	})
}

func newStore(db *database.DB) *gormstore.Store {
	return gormstore.New(db, replica.NewMemberships(db, "project_members"))
}

func TestCopyOfMemberships(t *testing.T) {
	t.Parallel()
	replicatest.Memberships(t, "project_members")
}

// inbox keeps the Inbox of a new user.
func inbox(t *testing.T, db *database.DB) (owner auth.Principal, id ids.ID) {
	t.Helper()
	owner = auth.Principal{UserID: ids.New(), Role: auth.RoleUser}
	p := domain.NewInbox(ids.New(), owner.UserID, clock.System())
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return newStore(db).Add(ctx, p) }))
	return owner, p.State().ID
}

// The rule: writers of one project's tasks never wait for each other, and what they count is exact.
func TestCountsStayExactUnderConcurrentWriters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store := newStore(db)
		owner, id := inbox(t, db)
		const writers, each = 8, 40
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range each {
					err := db.Do(t.Context(), func(ctx context.Context) error {
						return store.Count(ctx, id, domain.TaskCounts{Todo: 1, Done: 2})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		got, err := store.Find(t.Context(), owner, id)
		require.NoError(t, err)
		require.Equal(t, domain.TaskCounts{Todo: writers * each, Done: 2 * writers * each}, got.State().TaskCounts)
	})
}

// The rule: what a read has to add up stays short, whatever the pattern in which projects are written.
func TestNoProjectIsLeftOutOfFolding(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store := newStore(db)
		var gardens []ids.ID
		for range 2 {
			_, id := inbox(t, db)
			gardens = append(gardens, id)
		}
		const each = 1500 // without a single folding once in 2^34 runs
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			for range each {
				for _, id := range gardens {
					if err := store.Count(ctx, id, domain.TaskCounts{Todo: 1}); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		for _, id := range gardens {
			var left, base int
			require.NoError(t, db.Conn(t.Context()).
				Raw(`SELECT count(*) FROM project_task_deltas WHERE project_id = ?`, id).Scan(&left).Error)
			require.NoError(t, db.Conn(t.Context()).Raw(`SELECT todo_base FROM projects WHERE id = ?`, id).Scan(&base).Error)
			require.Equal(t, each, base+left)
			require.NotZero(t, base)
		}
	})
}

// Whoever counts never waits for whoever holds the project, not even when it is time to fold.
func TestCountingDoesNotWaitForAChange(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	store := newStore(db)
	owner, id := inbox(t, db)
	rename, err := domain.NewChange(new("Later"), nil, nil)
	require.NoError(t, err)
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		_, err := store.Update(ctx, owner, id, func(p *domain.Project) error { return p.Apply(rename, clock.System()) })
		if err != nil {
			return err
		}
		// In transactions of their own, while this one is open.
		for range 600 {
			err := db.Do(t.Context(), func(ctx context.Context) error {
				return store.Count(ctx, id, domain.TaskCounts{Todo: 1})
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	p, err := store.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, domain.TaskCounts{Todo: 600}, p.State().TaskCounts)
	require.Equal(t, "Later", p.State().Name)
}
