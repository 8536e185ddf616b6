package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/jobs"
	"fasttrack/e2e/harness"
)

// TestARequestCostsFewStatements counts the SQL of whole requests: authentication, the modules that listen, and
// everything before the commit included. BEGIN and COMMIT are not counted, nor is what a module that was added does because
// of it.
func TestARequestCostsFewStatements(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		beside := openAlone(t, p.Config.DatabaseURL)
		ofAnother := ofAddedModules(t)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		project := ann.Project("Garden")
		for i := range 30 {
			ann.Task(project.ID, fmt.Sprintf("Task %d", i), nil)
		}
		task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		tasks := "/projects/" + project.ID + "/tasks"
		statuses := []string{"todo", "in_progress", "done"}
		acme := ann.Organization("Acme")
		org := "/organizations/" + acme.ID
		ann.Member(acme.ID, bob.Email, "member")
		var others []harness.Organization
		for range 15 {
			others = append(others, ann.Organization("Other"))
		}

		for _, c := range []struct {
			what string
			most int
			do   func(i int)
		}{
			{"who am I", 1, func(int) { ann.Get("/users/me").Wants(200) }},
			{"read a task", 2, func(int) { ann.Get("/tasks/" + task.ID).Wants(200) }},
			{"read a task that is not there", 2, func(int) { ann.Get("/tasks/" + project.ID).Wants(404) }},
			{"read a project with its counts", 2, func(int) { ann.Get("/projects/" + project.ID).Wants(200) }},
			{"a page of a project's tasks", 2, func(int) { ann.Get(tasks).Wants(200) }},
			{"a page of the caller's tasks", 2, func(int) { ann.Get("/tasks").Wants(200) }},
			{"a page of comments", 2, func(int) { ann.Get("/tasks/" + task.ID + "/comments").Wants(200) }},
			{"a page of the feed", 2, func(int) { bob.Get("/notifications").Wants(200) }},
			{"create a task", 6, func(int) { ann.Task(project.ID, "Mow", nil) }},
			{"create a personal task", 6, func(int) { ann.Post("/tasks", map[string]any{"title": "Rest"}).Wants(201) }},
			{"create a task for somebody", 11, func(int) {
				ann.Task(project.ID, "Mow", map[string]any{"assignee_id": bob.ID})
			}},
			{"create a task with a key", 9, func(i int) {
				ann.Post(tasks, map[string]any{"title": "Mow"}, key(fmt.Sprint("mow ", i))).Wants(201)
			}},
			{"create a task for somebody with a key", 11, func(i int) {
				ann.Post(tasks, map[string]any{"title": "Mow", "assignee_id": bob.ID}, key(fmt.Sprint("for bob ", i))).Wants(201)
			}},
			{"create a task that is there already", 3, func(int) {
				ann.Post(tasks, map[string]any{"title": "Mow"}, key("mow 0")).Wants(201)
			}},
			{"comment", 8, func(int) { ann.Comment(task.ID, "Deep!") }},
			{"move a task on", 11, func(i int) {
				ann.Patch("/tasks/"+task.ID, map[string]any{"status": statuses[i%3]}).Wants(200)
			}},
			{"read an organisation", 1, func(int) { ann.Get(org).Wants(200) }},
			{"a page of the caller's organisations", 1, func(int) { ann.Get("/organizations").Wants(200) }},
			{"a page of members", 1, func(int) { bob.Get(org + "/members").Wants(200) }},
			{"create an organisation", 7, func(int) { ann.Organization("Acme") }},
			{"rename an organisation", 3, func(i int) {
				ann.Patch(org, map[string]any{"name": fmt.Sprintf("Acme %d", i)}).Wants(200)
			}},
			{"add a member by address", 8, func(i int) { ann.Member(others[i].ID, bob.Email, "member") }},
			{"change a member's role", 6, func(i int) {
				ann.Patch(org+"/members/"+bob.ID, map[string]any{"role": []string{"admin", "member"}[i%2]}).Wants(200)
			}},
			// Nine rows: the user, the entry in the audit log, the mail, and the Inbox with the copies of user and project.
			// Up to three for the job; and the jobs of those who registered before run meanwhile.
			{"register", 9 + 3 + 4, func(i int) {
				p.Post("/auth/register", map[string]any{
					"email": fmt.Sprintf("cleo-%d@example.com", i), "password": "the password of Cleo",
				}).Wants(201)
			}},
			{"be refused for want of a token", 0, func(int) { p.Get("/tasks/" + task.ID).Wants(401) }},
			{"be refused for what was sent", 0, func(int) { ann.Post("/tasks", map[string]any{"title": ""}).Wants(422) }},
		} {
			statements := typical(t, p, beside, c.do)
			all := len(statements)
			statements = slices.DeleteFunc(statements, ofAnother)
			t.Logf("%s: %d, and %d of modules that were added", c.what, len(statements), all-len(statements))
			require.LessOrEqual(t, len(statements), c.most, "%s:\n%s", c.what, strings.Join(statements, "\n"))
			for _, s := range statements {
				for _, table := range []string{"sessions", "refresh_tokens", "identity_changes"} {
					require.NotContains(t, s, table, "%s: asks whether the session is alive", c.what)
				}
			}
		}
	})
}

// doingJobs tells the statements by which jobs are done, which may begin before the answer has arrived, from the one that
// inserts them.
func doingJobs(statement string) bool {
	if strings.Contains(statement, "INSERT INTO river_job") {
		return false
	}
	return strings.Contains(statement, "river_") || strings.Contains(statement, "pg_notify") ||
		strings.Contains(statement, "mailed_at") || strings.Contains(statement, "notification_users u")
}

// awaitJobs waits until no job is to be done, as far as another connection to the database sees.
func awaitJobs(t *testing.T, beside *database.DB) {
	t.Helper()
	require.Eventually(t, func() bool {
		waiting, err := jobs.Waiting(t.Context(), beside)
		return err == nil && waiting == 0
	}, harness.Patience, time.Millisecond)
}

// typical does something many times and returns the statements of the time with the median number of them. What polls
// in the background, and what is done once in many times, touches a few of the times and not that one. Jobs that a time
// has left are done before the next.
func typical(t *testing.T, p *harness.Program, beside *database.DB, do func(i int)) []string {
	t.Helper()
	recording := p.Record()
	defer recording.Stop()
	var times [][]string
	for i := range 15 {
		recording.Reset()
		do(i)
		times = append(times, slices.DeleteFunc(recording.Statements(), doingJobs))
		awaitJobs(t, beside)
	}
	slices.SortStableFunc(times, func(a, b []string) int { return len(a) - len(b) })
	return times[len(times)/2]
}
