package comments_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Everything at once on a few projects, tasks and users: nobody deadlocks, not even to be saved by a retry, and nobody
// gets an answer that no order of the requests explains.
func TestNothingDeadlocks(t *testing.T) {
	t.Parallel()
	moduletest.RunStress(t, build, func(of *moduletest.Stress) {
		s := &stress{Stress: of}
		w := &world{s.World, t}
		for range 3 {
			s.people = append(s.people, s.User("Ada"))
		}
		s.people = append(s.people, s.Admin("Root"))
		for range 2 {
			p := &place{project: s.Project(s.people[0])}
			p.tasks = []*assignment{{task: w.task(p.project)}, {task: w.task(p.project)}}
			s.places = append(s.places, p)
		}
		s.Run(80, s.act)
		require.EqualValues(t, len(s.places), s.Count("comment_projects"))
		require.EqualValues(t, len(s.places)*len(s.places[0].tasks), s.Count("comment_tasks"))
	})
}

type stress struct {
	*moduletest.Stress
	people []person
	places []*place
	said   sync.Map // of ids.ID: the comments
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

func (s *stress) act(r *rand.Rand) {
	place := s.places[r.IntN(len(s.places))]
	which := r.IntN(len(place.tasks))
	who, other := s.people[r.IntN(len(s.people))], s.people[r.IntN(len(s.people))]
	switch r.IntN(16) {
	case 0, 1, 2, 3:
		answer := who.Post(commentsOn(place.tasks[which].now()), members{"body": "Where?"})
		s.Allow(answer, 201, 404, 409)
		if answer.Status == 201 {
			var made comment
			answer.Decode(201, &made)
			s.said.Store(made.ID, true)
		}
	case 4, 5, 6:
		s.Allow(who.Patch(s.any(r).path(), members{"body": ids.New().String()}), 200, 403, 404, 409)
	case 7, 8:
		s.Allow(who.Delete(s.any(r).path()), 204, 403, 404, 409)
	case 9:
		s.Allow(who.Get(commentsOn(place.tasks[which].now())), 200, 404)
	case 10, 11:
		s.assign(place, []int{which}, other)
	case 12:
		s.assign(place, []int{0, 1}, other)
	case 13:
		s.replaceTask(place, place.tasks[which])
	case 14:
		s.archive(r, place)
	case 15:
		if r.IntN(3) == 0 {
			s.replaceProject(place)
			return
		}
		u := other.User
		u.DisplayName, u.Version = "Grace", r.Int64N(1<<40)
		s.Succeed(events.UserChanged{User: u, At: moduletest.Start})
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
func (s *stress) assign(p *place, which []int, to person) {
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
		facts = append(facts, events.TaskChanged{Task: a.task, At: moduletest.Start})
	}
	s.Succeed(facts...)
}

func (s *stress) replaceTask(p *place, a *assignment) {
	p.alive.RLock()
	defer p.alive.RUnlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Succeed(events.TaskDeleted{Task: a.task, At: moduletest.Start})
	p.mu.Lock()
	project := p.project
	p.mu.Unlock()
	a.task = taskIn(project)
	s.Succeed(events.TaskCreated{Task: a.task, At: moduletest.Start})
}

func (s *stress) archive(r *rand.Rand, p *place) {
	p.alive.RLock()
	defer p.alive.RUnlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.project.Archived = !p.project.Archived && r.IntN(3) == 0
	p.project.Version++
	s.Succeed(events.ProjectChanged{Project: p.project, At: moduletest.Start})
}

func (s *stress) replaceProject(p *place) {
	p.alive.Lock()
	defer p.alive.Unlock()
	s.Succeed(moduletest.Deleted(p.project))
	p.project.ProjectID, p.project.Version, p.project.Archived = ids.New(), 1, false
	facts := []eventbus.Event{events.ProjectCreated{Project: p.project, At: moduletest.Start}}
	for _, a := range p.tasks {
		a.mu.Lock()
		a.task = taskIn(p.project)
		a.mu.Unlock()
		facts = append(facts, events.TaskCreated{Task: a.task, At: moduletest.Start})
	}
	s.Succeed(facts...)
}
