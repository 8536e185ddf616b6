package tasks_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Everything at once on a few projects and users: nobody deadlocks, not even to be saved by a retry, and nobody gets
// an answer that no order of the requests explains.
func TestNothingDeadlocks(t *testing.T) {
	t.Parallel()
	const workers, rounds = 8, 60
	url := dbtest.URL(t, database.Postgres)
	db := dbtest.Open(t, url, func(c *database.Config) { c.MaxOpenConns = workers + 2 })
	w := newWorld(t, db)
	s := &stress{world: w}
	for range 4 {
		s.people = append(s.people, w.user("Ada"))
	}
	for range 3 {
		s.projects = append(s.projects, &place{project: w.project(s.people[0])})
	}
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			for range rounds {
				s.act(t, r)
			}
		})
	}
	group.Wait()
	for name, n := range map[string]*atomic.Int64{"done": &s.done, "refused": &s.refused} {
		require.NotZero(t, n.Load())
		t.Logf("%s: %d", name, n.Load())
	}

	// A connection reports what it has counted when it ends.
	require.NoError(t, db.Close())
	after := dbtest.Open(t, url)
	require.Zero(t, deadlocks(t, after))
	provokeDeadlock(t, dbtest.Open(t, url))
	require.Eventually(t, func() bool { return deadlocks(t, after) > 0 }, patience, patience/200,
		"a deadlock would not have been noticed")
}

func deadlocks(t *testing.T, db *database.DB) (n int64) {
	t.Helper()
	require.NoError(t, db.Conn(t.Context()).
		Raw(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&n).Error)
	return n
}

// provokeDeadlock locks two keys in both orders.
func provokeDeadlock(t *testing.T, db *database.DB) {
	t.Helper()
	var both, group sync.WaitGroup
	both.Add(2)
	meet := []func(){sync.OnceFunc(both.Done), sync.OnceFunc(both.Done)}
	for i := range 2 {
		group.Go(func() {
			_ = db.Do(t.Context(), func(ctx context.Context) error {
				if err := db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(?)`, i).Error; err != nil {
					return err
				}
				meet[i]()
				both.Wait()
				return db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(?)`, 1-i).Error
			})
		})
	}
	group.Wait()
	require.NoError(t, db.Close())
}

type stress struct {
	*world
	people        []person
	projects      []*place
	done, refused atomic.Int64
}

// place is a project as the projects module would keep it: one change at a time.
type place struct {
	mu      sync.Mutex
	project events.Project
	tasks   sync.Map // of ids.ID
}

func (s *stress) act(t *testing.T, r *rand.Rand) {
	place := s.projects[r.IntN(len(s.projects))]
	who, other := s.people[r.IntN(len(s.people))], s.people[r.IntN(len(s.people))]
	owner := s.people[0]
	place.mu.Lock()
	project := place.project
	place.mu.Unlock()
	path := func() string {
		id := ids.New()
		for key := range place.tasks.Range {
			id = key.(ids.ID)
			if r.IntN(3) == 0 {
				break
			}
		}
		return task{ID: id}.path()
	}
	assignee := members{"title": "Dig", "assignee_id": []any{nil, other.UserID}[r.IntN(2)]}
	switch r.IntN(14) {
	case 0, 1, 2:
		answer := owner.Post(tasksOf(project), assignee)
		s.expect(t, answer.Status, 201, 404, 409, 422)
		if answer.Status == 201 {
			var made task
			answer.Decode(201, &made)
			place.tasks.Store(made.ID, true)
		}
	case 3:
		s.expect(t, who.Post("/api/v1/tasks", assignee).Status, 201, 422)
	case 4, 5:
		s.expect(t, owner.Patch(path(), assignee).Status, 200, 404, 409, 422)
	case 6, 7:
		s.expect(t, who.Patch(path(), members{"priority": []string{"low", "high"}[r.IntN(2)]}).Status, 200, 404, 409)
	case 8:
		s.expect(t, who.Patch(path()+"/complete", nil).Status, 200, 404, 409)
	case 9:
		s.expect(t, who.Delete(path()).Status, 204, 403, 404, 409)
	case 10:
		place.mu.Lock()
		defer place.mu.Unlock()
		place.project.Archived = !place.project.Archived && r.IntN(3) == 0
		place.project.Version++
		s.succeed(t, events.ProjectChanged{Project: place.project, ByID: owner.UserID, At: start})
	case 11:
		if r.IntN(3) > 0 {
			return
		}
		place.mu.Lock()
		defer place.mu.Unlock()
		s.succeed(t, deleted(place.project))
		place.project.ProjectID, place.project.Version, place.project.Archived = ids.New(), 1, false
		s.succeed(t, events.ProjectCreated{Project: place.project, ByID: owner.UserID, At: start})
	case 12:
		u := other.User
		u.IsActive, u.Version = r.IntN(3) > 0, r.Int64N(1<<40)
		s.succeed(t, events.UserChanged{User: u, At: start})
	case 13:
		s.expect(t, who.Get("/api/v1/tasks?sort=due_at").Status, 200)
	}
}

func (s *stress) succeed(t *testing.T, e interface{ EventName() string }) {
	if err := s.try(t.Context(), e); err != nil {
		t.Errorf("%s: %v", e.EventName(), err)
	}
	s.done.Add(1)
}

func (s *stress) expect(t *testing.T, status int, allowed ...int) {
	for _, a := range allowed {
		if a == status {
			if status < 300 {
				s.done.Add(1)
			} else {
				s.refused.Add(1)
			}
			return
		}
	}
	t.Errorf("the answer is %d, and not one of %v", status, allowed)
}
