package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestARequestCostsFewStatements counts the SQL of whole requests: authentication, the modules that listen, and
// everything before the commit included. BEGIN and COMMIT are not counted.
func TestARequestCostsFewStatements(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		project := ann.Project("Garden")
		for i := range 30 {
			ann.Task(project.ID, fmt.Sprintf("Task %d", i), nil)
		}
		task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		tasks := "/projects/" + project.ID + "/tasks"
		statuses := []string{"todo", "in_progress", "done"}

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
			{"be refused for want of a token", 0, func(int) { p.Get("/tasks/" + task.ID).Wants(401) }},
			{"be refused for what was sent", 0, func(int) { ann.Post("/tasks", map[string]any{"title": ""}).Wants(422) }},
		} {
			statements := typical(p, c.do)
			t.Logf("%s: %d", c.what, len(statements))
			require.LessOrEqual(t, len(statements), c.most, "%s:\n%s", c.what, strings.Join(statements, "\n"))
			for _, s := range statements {
				for _, table := range []string{"sessions", "refresh_tokens", "identity_changes"} {
					require.NotContains(t, s, table, "%s: asks whether the session is alive", c.what)
				}
			}
		}
	})
}

// typical does something many times and returns the statements of the time with the median number of them. What polls
// in the background, and what is done once in many times, touches a few of the times and not that one.
func typical(p *harness.Program, do func(i int)) []string {
	recording := p.Record()
	defer recording.Stop()
	var times [][]string
	for i := range 15 {
		recording.Reset()
		do(i)
		times = append(times, recording.Statements())
	}
	slices.SortStableFunc(times, func(a, b []string) int { return len(a) - len(b) })
	return times[len(times)/2]
}
