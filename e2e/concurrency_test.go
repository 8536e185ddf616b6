package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/e2e/harness"
)

// contend runs the test on both databases, with the locks in the order of the real program, and fails if transactions
// deadlocked: they are tried again and end well, but each costs a second.
func contend(t *testing.T, test func(t *testing.T, p *harness.Program, db *database.DB)) {
	t.Helper()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		db := openAlone(t, p.Config.DatabaseURL)
		test(t, p, db)
		p.Stop() // its connections count their deadlocks when they end
		if db.Dialect() == database.SQLite {
			return
		}
		waitUntilAlone(t, db)
		var deadlocks int
		const ask = `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`
		require.NoError(t, db.Conn(t.Context()).Raw(ask).Scan(&deadlocks).Error)
		require.Zero(t, deadlocks, "transactions waited for each other")
	}, harness.InOrder())
}

// statuses counts answers by status; safe for concurrent use.
type statuses struct {
	mu   sync.Mutex
	seen map[int]int
}

// count notes an answer. An error, of the connection or of the contract, fails the test.
func (s *statuses) count(t *testing.T, a *harness.Answer, err error) int {
	if !assert.NoError(t, err) {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[int]int{}
	}
	s.seen[a.Status]++
	return a.Status
}

func TestOfTwoWritesWithOneETagOneGoesThrough(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, _ *database.DB) {
		ann := p.Register("Ann")
		task := ann.Task(ann.Project("Garden").ID, "Dig", nil)
		for range harness.Load(15) {
			tag := ann.Get("/tasks/" + task.ID).Wants(200).Header.Get("ETag")
			var s statuses
			harness.AtOnce(2, func(i int) {
				a, err := ann.Try("PATCH", "/api/v1/tasks/"+task.ID, map[string]any{"title": fmt.Sprintf("%s %d", tag, i)},
					harness.Header{Name: "If-Match", Value: tag})
				s.count(t, a, err)
			})
			require.Equal(t, map[int]int{200: 1, 412: 1}, s.seen)
		}
	})
}

func TestOneAddressIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, _ *database.DB) {
		address := "ann@example.com"
		var s statuses
		harness.AtOnce(10, func(i int) {
			written := strings.ToUpper(address[:i%4]) + address[i%4:] // case does not count
			a, err := p.Try("POST", "/api/v1/auth/register", map[string]any{
				"email": written, "password": "the password of Ann",
			})
			s.count(t, a, err)
		})
		require.Equal(t, map[int]int{201: 1, 409: 9}, s.seen)
		ann := p.Login(address, "the password of Ann")
		inboxes := harness.All[harness.Project](ann.Client, "/projects")
		require.Len(t, inboxes, 1, "one Inbox")
		require.True(t, inboxes[0].Inbox)
	})
}

// TestTabsThatRefreshAtOnceConverge: all stay logged in, with the one live successor.
func TestTabsThatRefreshAtOnceConverge(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, _ *database.DB) {
		ann := p.Register("Ann")
		presented := ann.Tokens.RefreshToken
		for range harness.Load(3) {
			var mu sync.Mutex
			successors, access := map[string]bool{}, []string{}
			harness.AtOnce(20, func(int) {
				a, err := p.Try("POST", "/api/v1/auth/refresh", map[string]any{"refresh_token": presented})
				if !assert.NoError(t, err) || !assert.Equal(t, 200, a.Status, "%s", a.Body) {
					return
				}
				tokens := harness.Into[harness.Tokens](a)
				mu.Lock()
				defer mu.Unlock()
				successors[tokens.RefreshToken] = true
				access = append(access, tokens.AccessToken)
			})
			require.Len(t, successors, 1, "one live successor")
			for _, token := range access {
				p.With(token).Get("/users/me").Wants(200)
			}
			presented = slices.Collect(maps.Keys(successors))[0]
		}
		ann.Get("/users/me").Wants(200) // nobody took it for theft
	})
}

// TestNoTaskIsCreatedInADeletedProject: whatever the order, a task that was acknowledged is in a project that exists,
// or has gone with it.
func TestNoTaskIsCreatedInADeletedProject(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, db *database.DB) {
		ann := p.Register("Ann")
		for range harness.Load(8) {
			project := ann.Project("Doomed")
			var s statuses
			harness.AtOnce(6, func(i int) {
				if i == 0 {
					a, err := ann.Try("DELETE", "/api/v1/projects/"+project.ID, nil)
					assert.Equal(t, 204, s.count(t, a, err))
					return
				}
				for range 3 {
					a, err := ann.Try("POST", "/api/v1/projects/"+project.ID+"/tasks", map[string]any{"title": "Dig"})
					assert.Contains(t, []int{201, 404}, s.count(t, a, err))
				}
			})
			require.Empty(t, mentioning(t, db, project.ID), "%v", s.seen)
		}
	})
}

// TestNoTaskIsChangedInAnArchivedProject: once the archiving has been answered, nothing in it changes.
func TestNoTaskIsChangedInAnArchivedProject(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, _ *database.DB) {
		ann := p.Register("Ann")
		for range harness.Load(8) {
			project := ann.Project("Done with")
			var s statuses
			var archived atomic.Bool
			harness.AtOnce(6, func(i int) {
				if i == 0 {
					a, err := ann.Try("PATCH", "/api/v1/projects/"+project.ID, map[string]any{"status": "archived"})
					assert.Equal(t, 200, s.count(t, a, err))
					archived.Store(true)
					return
				}
				for range 3 {
					before := archived.Load()
					a, err := ann.Try("POST", "/api/v1/projects/"+project.ID+"/tasks", map[string]any{"title": "Dig"})
					got := s.count(t, a, err)
					assert.Contains(t, []int{201, 409}, got)
					assert.False(t, before && got == 201, "a task in a project that was archived before it was asked for")
				}
			})
			tasks := harness.All[harness.Task](ann.Client, "/projects/"+project.ID+"/tasks")
			require.Len(t, tasks, s.seen[201])
			counts := harness.Into[harness.Project](ann.Get("/projects/" + project.ID).Wants(200)).TaskCounts
			require.Equal(t, s.seen[201], counts.Todo)
		}
	})
}

// TestCountsAreExactAfterManyWriters: task_counts is what counting the list gives.
func TestCountsAreExactAfterManyWriters(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, _ *database.DB) {
		ann := p.Register("Ann")
		project := ann.Project("Busy")
		moves := []string{"in_progress", "done", "todo", "done"}
		harness.AtOnce(8, func(writer int) {
			for i := range harness.Load(20) {
				a, err := ann.Try("POST", "/api/v1/projects/"+project.ID+"/tasks", map[string]any{"title": "Dig"})
				if !assert.NoError(t, err) || !assert.Equal(t, 201, a.Status, "%s", a.Body) {
					return
				}
				task := "/api/v1/tasks/" + harness.Into[harness.Task](a).ID
				for _, status := range moves[:(writer+i)%(len(moves)+1)] {
					a, err := ann.Try("PATCH", task, map[string]any{"status": status})
					assert.NoError(t, err)
					assert.Equal(t, 200, a.Status)
				}
				if i%5 == 4 {
					a, err := ann.Try("DELETE", task, nil)
					assert.NoError(t, err)
					assert.Equal(t, 204, a.Status)
				}
			}
		})
		require.Equal(t, counted(ann, project.ID),
			harness.Into[harness.Project](ann.Get("/projects/"+project.ID).Wants(200)).TaskCounts)
	})
}

// counted counts the tasks of a project by walking them.
func counted(as *harness.Person, projectID string) harness.TaskCounts {
	var c harness.TaskCounts
	for _, task := range harness.All[harness.Task](as.Client, "/projects/"+projectID+"/tasks") {
		switch task.Status {
		case "todo":
			c.Todo++
		case "in_progress":
			c.InProgress++
		case "done":
			c.Done++
		}
	}
	return c
}

// TestFeedsHaveNoGapsUnderWritersWhoNotifyEachOther: three users comment on and move each other's tasks at once; each
// socket says 1, 2, 3… and the same as the feed.
func TestFeedsHaveNoGapsUnderWritersWhoNotifyEachOther(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, _ *database.DB) {
		people := []*harness.Person{p.Register("Ann"), p.Register("Bob"), p.Register("Cleo")}
		sockets := make([]*harness.Socket, len(people))
		tasks := make([]harness.Task, len(people)) // the i-th belongs to i and is given to i+1
		for i, person := range people {
			next := people[(i+1)%len(people)]
			tasks[i] = person.Task(person.Project("Of "+person.DisplayName).ID, "Dig", map[string]any{"assignee_id": next.ID})
		}
		for i, person := range people {
			sockets[i] = person.Socket("&after_seq=0")
		}
		rounds := harness.Load(20)
		harness.AtOnce(2*len(people), func(i int) {
			task, owner := tasks[i%len(people)], i < len(people)
			by := people[i%len(people)]
			if !owner {
				by = people[(i+1)%len(people)]
			}
			for range rounds {
				a, err := by.Try("POST", "/api/v1/tasks/"+task.ID+"/comments", map[string]any{"body": "Deep!"})
				assert.NoError(t, err)
				assert.Equal(t, 201, a.Status)
				if owner {
					a, err = by.Try("PATCH", "/api/v1/tasks/"+task.ID+"/complete", nil)
					assert.NoError(t, err)
					assert.Equal(t, 200, a.Status)
				}
			}
		})
		for i, person := range people {
			feed := person.Feed()
			// One assignment; as assignee, the owner's comments and moves; as owner, the assignee's comments.
			require.Len(t, feed, 1+3*rounds)
			for k, n := range feed {
				require.Equal(t, int64(k+1), n.Seq)
				said := sockets[i].Next()
				require.Equal(t, n.Seq, said.Seq)
				require.Equal(t, n.ID, said.ID)
			}
			sockets[i].ExpectNothing()
		}
	})
}
