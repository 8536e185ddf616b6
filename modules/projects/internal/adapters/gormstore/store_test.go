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
	"fasttrack/shared/statistics"
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

// The rule: when the job has come round nothing is left to add up, whoever counts meanwhile. It is found along an index.
func TestFoldingLeavesNothingToAddUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store := newStore(db)
		var owners []auth.Principal
		var gardens []ids.ID
		for range 7 {
			owner, id := inbox(t, db)
			owners, gardens = append(owners, owner), append(gardens, id)
		}
		fold := func() {
			var last ids.ID
			for more := true; more; {
				require.NoError(t, db.Do(t.Context(), func(ctx context.Context) (err error) {
					last, more, err = store.Fold(ctx, last, 3)
					return err
				}))
			}
		}
		const each = 30
		var counting sync.WaitGroup
		for _, id := range gardens {
			counting.Go(func() {
				for range each {
					err := db.Do(t.Context(), func(ctx context.Context) error {
						return store.Count(ctx, id, domain.TaskCounts{Todo: 1})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 5 {
			fold()
		}
		counting.Wait()
		fold()
		var left int
		require.NoError(t, db.Conn(t.Context()).Raw(`SELECT count(*) FROM project_task_deltas`).Scan(&left).Error)
		require.Zero(t, left)
		for i, id := range gardens {
			p, err := store.Find(t.Context(), owners[i], id)
			require.NoError(t, err)
			require.Equal(t, domain.TaskCounts{Todo: each}, p.State().TaskCounts)
		}
		counted, err := store.Statistics(t.Context())
		require.NoError(t, err)
		require.Equal(t, []statistics.Count{
			{Things: "projects", State: "active", Value: 7},
			{Things: "projects", State: "archived"},
			{Things: "tasks", State: "todo", Value: 7 * each},
			{Things: "tasks", State: "in_progress"},
			{Things: "tasks", State: "done"},
			{Things: "unfolded_counts"},
		}, counted)
	})
}

// The job does not wait for whoever holds a project, and comes round to it the next time.
func TestFoldingLeavesOutWhatSomebodyHolds(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	store := newStore(db)
	owner, id := inbox(t, db)
	count := func() error {
		return db.Do(t.Context(), func(ctx context.Context) error { return store.Count(ctx, id, domain.TaskCounts{Todo: 1}) })
	}
	require.NoError(t, count())
	fold := func() error {
		return db.Do(t.Context(), func(ctx context.Context) error {
			last, more, err := store.Fold(ctx, ids.ID{}, 10)
			require.Equal(t, id, last)
			require.False(t, more)
			return err
		})
	}
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		_, err := store.Update(ctx, owner, id, func(*domain.Project) error { return fold() })
		return err
	}))
	var left int
	require.NoError(t, db.Conn(t.Context()).Raw(`SELECT count(*) FROM project_task_deltas`).Scan(&left).Error)
	require.Equal(t, 1, left)
	require.NoError(t, fold())
	require.NoError(t, db.Conn(t.Context()).Raw(`SELECT count(*) FROM project_task_deltas`).Scan(&left).Error)
	require.Zero(t, left)
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
