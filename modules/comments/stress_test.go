package comments_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Everything at once on a few projects, tasks and users: nobody deadlocks, not even to be saved by a retry, and nobody
// gets an answer that no order of the requests explains.
func TestNothingDeadlocks(t *testing.T) {
	t.Parallel()
	const workers, rounds = 8, 80
	url := dbtest.URL(t, database.Postgres)
	db := dbtest.Open(t, url, func(c *database.Config) { c.MaxOpenConns = workers + 2 })
	s := &stress{world: newWorld(t, db)}
	for range 3 {
		s.people = append(s.people, s.user("Ada"))
	}
	s.people = append(s.people, s.admin("Root"))
	for range 2 {
		p := &place{project: s.project(s.people[0])}
		p.tasks = []*assignment{{task: s.task(p.project)}, {task: s.task(p.project)}}
		s.places = append(s.places, p)
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
	require.EqualValues(t, len(s.places), s.count("comment_projects"))
	require.EqualValues(t, len(s.places)*len(s.places[0].tasks), s.count("comment_tasks"))

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
	places        []*place
	said          sync.Map // of ids.ID: the comments
	done, refused atomic.Int64
}

// place is a project with its tasks as the modules that own them would keep it: nothing happens to a project while it
// is being deleted, and to a project or a task one thing at a time.
type place struct {
	alive   sync.RWMutex
	mu      sync.Mutex
	project events.Project
	tasks   []*assignment
}

type assignment struct {
	mu   sync.Mutex
	task events.Task
}

// now returns the task as it is, which may be different when it is used.
func (a *assignment) now() events.Task {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.task
}

func (s *stress) act(t *testing.T, r *rand.Rand) {
	place := s.places[r.IntN(len(s.places))]
	which := r.IntN(len(place.tasks))
	who, other := s.people[r.IntN(len(s.people))], s.people[r.IntN(len(s.people))]
	switch r.IntN(16) {
	case 0, 1, 2, 3:
		answer := who.Post(commentsOn(place.tasks[which].now()), members{"body": "Where?"})
		s.expect(t, answer.Status, 201, 404, 409)
		if answer.Status == 201 {
			var made comment
			answer.Decode(201, &made)
			s.said.Store(made.ID, true)
		}
	case 4, 5, 6:
		s.expect(t, who.Patch(s.any(r).path(), members{"body": ids.New().String()}).Status, 200, 403, 404, 409)
	case 7, 8:
		s.expect(t, who.Delete(s.any(r).path()).Status, 204, 403, 404, 409)
	case 9:
		s.expect(t, who.Get(commentsOn(place.tasks[which].now())).Status, 200, 404)
	case 10, 11:
		s.assign(t, place, []int{which}, other)
	case 12:
		s.assign(t, place, []int{0, 1}, other)
	case 13:
		s.replaceTask(t, place, place.tasks[which])
	case 14:
		s.archive(t, r, place)
	case 15:
		if r.IntN(3) == 0 {
			s.replaceProject(t, place)
			return
		}
		u := other.User
		u.DisplayName, u.Version = "Grace", r.Int64N(1<<40)
		s.succeed(t, events.UserChanged{User: u, At: start})
	}
}

// any returns some comment, or one that is not there.
func (s *stress) any(r *rand.Rand) comment {
	c := comment{ID: ids.New()}
	for key := range s.said.Range {
		c.ID = key.(ids.ID) //nolint:forcetypeassert // there is nothing else
		if r.IntN(3) == 0 {
			break
		}
	}
	return c
}

// assign gives tasks of a place to somebody, in one unit of work and in the order of their ids.
func (s *stress) assign(t *testing.T, p *place, which []int, to person) {
	p.alive.RLock()
	defer p.alive.RUnlock()
	var all []*assignment
	for _, i := range which {
		a := p.tasks[i]
		a.mu.Lock()
		defer a.mu.Unlock()
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *assignment) int {
		return slices.Compare(a.task.TaskID[:], b.task.TaskID[:])
	})
	var facts []eventbus.Event
	for _, a := range all {
		a.task.AssigneeID = &to.UserID
		a.task.Version++
		facts = append(facts, events.TaskChanged{Task: a.task, At: start})
	}
	s.succeed(t, facts...)
}

func (s *stress) replaceTask(t *testing.T, p *place, a *assignment) {
	p.alive.RLock()
	defer p.alive.RUnlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.succeed(t, events.TaskDeleted{Task: a.task, At: start})
	p.mu.Lock()
	project := p.project
	p.mu.Unlock()
	a.task = taskIn(project)
	s.succeed(t, events.TaskCreated{Task: a.task, At: start})
}

func (s *stress) archive(t *testing.T, r *rand.Rand, p *place) {
	p.alive.RLock()
	defer p.alive.RUnlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.project.Archived = !p.project.Archived && r.IntN(3) == 0
	p.project.Version++
	s.succeed(t, events.ProjectChanged{Project: p.project, At: start})
}

func (s *stress) replaceProject(t *testing.T, p *place) {
	p.alive.Lock()
	defer p.alive.Unlock()
	s.succeed(t, deleted(p.project))
	p.project.ProjectID, p.project.Version, p.project.Archived = ids.New(), 1, false
	facts := []eventbus.Event{events.ProjectCreated{Project: p.project, At: start}}
	for _, a := range p.tasks {
		a.mu.Lock()
		a.task = taskIn(p.project)
		a.mu.Unlock()
		facts = append(facts, events.TaskCreated{Task: a.task, At: start})
	}
	s.succeed(t, facts...)
}

func (s *stress) succeed(t *testing.T, all ...eventbus.Event) {
	if err := s.try(t.Context(), all...); err != nil {
		t.Errorf("%s: %v", all[0].EventName(), err)
	}
	s.done.Add(1)
}

func (s *stress) expect(t *testing.T, status int, allowed ...int) {
	switch {
	case !slices.Contains(allowed, status):
		t.Errorf("the answer is %d, and not one of %v", status, allowed)
	case status < 300:
		s.done.Add(1)
	default:
		s.refused.Add(1)
	}
}
