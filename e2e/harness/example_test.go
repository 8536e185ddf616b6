package harness_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// These tests are the examples of the package: they show its parts at work, and that it notices what it should.

// A journey on both databases: people, what they make, what they are told, and what was published meanwhile.
func TestExampleOfAJourney(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		socket := bob.Socket("")
		p.Events.Take() // what came before does not matter

		task := ann.Task(ann.Project("Garden").ID, "Dig", map[string]any{"assignee_id": bob.ID})
		require.Equal(t, task.ID, socket.Expect("task_assigned").Data["task_id"])
		socket.ExpectNothing()
		require.Len(t, bob.Feed(), 1)
		p.ExpectEvents("projects.project_created", "tasks.task_created", "tasks.task_assigned",
			"notifications.notifications_appended")

		bob.Delete("/tasks/"+task.ID).WantsProblem(403, "forbidden")
		require.Equal(t, []harness.Task{task}, harness.All[harness.Task](bob.Client, "/tasks?status=todo"))
	})
}

// One database, another configuration, and the statements of a request.
func TestExampleOfAConfiguredProgram(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite), harness.Configure(func(c *config.Config) {
		c.MaxBodyBytes = 1024
	}))
	ann := p.Register("Ann")
	ann.Post("/tasks", map[string]any{"title": string(make([]byte, 2000))}).WantsProblem(413, "payload_too_large")

	recording := p.Record()
	ann.Get("/users/me").Wants(200)
	require.NotEmpty(t, recording.Statements())
	recording.Stop()
}

// Writers at the same moment use Try, which may be called from any goroutine.
func TestExampleOfARace(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		answers := make(chan int, 3)
		harness.AtOnce(3, func(int) {
			if a, err := ann.Try("POST", "/api/v1/tasks", map[string]any{"title": "Dig"}); err == nil {
				answers <- a.Status
			}
		})
		for range 3 {
			require.Equal(t, 201, <-answers)
		}
	}, harness.InOrder())
}

// The real binary, killed and started again.
func TestExampleOfAProcess(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url, "LOG_LEVEL=info")
		ann := p.Register("Ann")
		p.Kill()
		_, err := ann.Try("GET", "/api/v1/users/me", nil)
		require.True(t, harness.IsGone(err), "%v", err)

		p = harness.Launch(t, url)
		p.With(ann.Tokens.AccessToken).Get("/users/me").Wants(200)
		p.Terminate()
		require.Equal(t, 0, p.ExitCode())
	})
}

// Every answer is told to who watches, and its headers and body can be looked at.
func TestExampleOfAWatch(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	var seen []string
	p.Watch(func(a *harness.Answer) { seen = append(seen, a.What) })
	began := time.Now()
	p.Register("Ann").Get("/projects", harness.Header{Name: "X-Request-Id", Value: "mine"}).Wants(200)
	require.Equal(t, []string{
		"POST /api/v1/auth/register", "POST /api/v1/auth/login", "GET /api/v1/users/me", "GET /api/v1/projects",
	}, seen)
	require.Less(t, time.Since(began), harness.Patience)
}
