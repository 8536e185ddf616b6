package tasks_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Everything at once on a few projects and users: nobody deadlocks, not even to be saved by a retry, and nobody gets
// an answer that no order of the requests explains.
func TestNothingDeadlocks(t *testing.T) {
	t.Parallel()
	moduletest.RunStress(t, build, func(of *moduletest.Stress) {
		s := &stress{Stress: of}
		w := newWorld(t, s.World)
		for range 4 {
			s.people = append(s.people, w.user("Ada"))
		}
		for range 3 {
			s.projects = append(s.projects, &place{project: s.Project(s.people[0])})
		}
		s.Run(60, s.act)
	})
}

type stress struct {
	*moduletest.Stress
	people   []person
	projects []*place
}

// place is a project as the projects module would keep it: one change at a time.
type place struct {
	mu      sync.Mutex
	project events.Project
	tasks   sync.Map // of ids.ID
}

func (s *stress) act(r *rand.Rand) {
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
		s.Allow(answer, 201, 404, 409, 422)
		if answer.Status == 201 {
			var made task
			answer.Decode(201, &made)
			place.tasks.Store(made.ID, true)
		}
	case 3:
		s.Allow(who.Post("/api/v1/tasks", assignee), 201, 422)
	case 4, 5:
		s.Allow(owner.Patch(path(), assignee), 200, 404, 409, 422)
	case 6, 7:
		s.Allow(who.Patch(path(), members{"priority": []string{"low", "high"}[r.IntN(2)]}), 200, 404, 409)
	case 8:
		s.Allow(who.Patch(path()+"/complete", nil), 200, 404, 409)
	case 9:
		s.Allow(who.Delete(path()), 204, 403, 404, 409)
	case 10:
		place.mu.Lock()
		defer place.mu.Unlock()
		place.project.Archived = !place.project.Archived && r.IntN(3) == 0
		place.project.Version++
		s.Succeed(events.ProjectChanged{Project: place.project, ByID: owner.UserID, At: moduletest.Start})
	case 11:
		if r.IntN(3) > 0 {
			return
		}
		place.mu.Lock()
		defer place.mu.Unlock()
		s.Succeed(moduletest.Deleted(place.project))
		place.project.ProjectID, place.project.Version, place.project.Archived = ids.New(), 1, false
		s.Succeed(events.ProjectCreated{Project: place.project, ByID: owner.UserID, At: moduletest.Start})
	case 12:
		u := other.User
		u.IsActive, u.Version = r.IntN(3) > 0, r.Int64N(1<<40)
		s.Succeed(events.UserChanged{User: u, At: moduletest.Start})
	case 13:
		s.Allow(who.Get("/api/v1/tasks?sort=due_at"), 200)
	}
}
