package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// history is what may outlive its subject: the feed says what happened, and stays readable.
var history = []string{"notifications"}

// TestNothingIsLeftOfADeletedProject looks for the ids of a project, its tasks and its comments in every column of
// every table, whatever module it belongs to.
func TestNothingIsLeftOfADeletedProject(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		db := dbtest.Open(t, p.Config.DatabaseURL)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		doomed, neighbour := ann.Project("Doomed"), ann.Project("Neighbour")
		ids := []string{doomed.ID}
		for range 5 {
			task := ann.Task(doomed.ID, "Dig", map[string]any{"assignee_id": bob.ID})
			ids = append(ids, task.ID, ann.Comment(task.ID, "Deep").ID, bob.Comment(task.ID, "How deep?").ID)
		}
		kept := ann.Task(neighbour.ID, "Mow", map[string]any{"assignee_id": bob.ID})
		comment := bob.Comment(kept.ID, "Again?")
		feed := bob.Feed()
		require.Subset(t, mentioning(t, db, doomed.ID), []string{"projects", "tasks", "task_projects", "comment_projects"})
		require.Subset(t, mentioning(t, db, ids[1]), []string{"tasks", "comment_tasks", "comments", "notifications"})
		p.Events.Take()

		ann.Delete("/projects/" + doomed.ID).Wants(204)
		p.ExpectEvents("projects.project_deleted") // one root event: everything else is each module's own affair

		for _, id := range ids {
			require.Subset(t, history, mentioning(t, db, id))
		}
		ann.Get("/projects/"+doomed.ID).WantsProblem(404, "not_found")
		bob.Get("/tasks/"+ids[1]).WantsProblem(404, "not_found")
		require.Equal(t, feed, bob.Feed(), "what was told stays readable")

		require.Equal(t, []harness.Task{kept}, harness.All[harness.Task](bob.Client, "/tasks"))
		require.Equal(t, []harness.Comment{comment}, harness.All[harness.Comment](ann.Client, "/tasks/"+kept.ID+"/comments"))
		require.Equal(t, harness.TaskCounts{Todo: 1},
			harness.Into[harness.Project](ann.Get("/projects/"+neighbour.ID).Wants(200)).TaskCounts)
	})
}

func TestNothingIsLeftOfADeletedTask(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		db := dbtest.Open(t, p.Config.DatabaseURL)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		project := ann.Project("Garden")
		doomed := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID, "status": "done"})
		said := bob.Comment(doomed.ID, "How deep?")
		neighbour := ann.Task(project.ID, "Mow", nil)
		kept := ann.Comment(neighbour.ID, "Short")
		p.Events.Take()

		ann.Delete("/tasks/" + doomed.ID).Wants(204)
		p.ExpectEvents("tasks.task_deleted")

		for _, id := range []string{doomed.ID, said.ID} {
			require.Subset(t, history, mentioning(t, db, id))
		}
		ann.Get("/comments/"+said.ID).WantsProblem(404, "not_found")
		ann.Get("/comments/" + kept.ID).Wants(200)
		require.Equal(t, harness.TaskCounts{Todo: 1},
			harness.Into[harness.Project](ann.Get("/projects/"+project.ID).Wants(200)).TaskCounts)
	})
}

func TestNothingIsLeftOfADeletedComment(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		db := dbtest.Open(t, p.Config.DatabaseURL)
		ann := p.Register("Ann")
		task := ann.Task(ann.Project("Garden").ID, "Dig", nil)
		doomed, kept := ann.Comment(task.ID, "Deep"), ann.Comment(task.ID, "Deeper")
		require.Contains(t, mentioning(t, db, doomed.ID), "comments")
		p.Events.Take()

		ann.Delete("/comments/" + doomed.ID).Wants(204)
		p.ExpectEvents("comments.comment_deleted")

		require.Subset(t, history, mentioning(t, db, doomed.ID))
		require.Equal(t, []harness.Comment{kept}, harness.All[harness.Comment](ann.Client, "/tasks/"+task.ID+"/comments"))
	})
}
