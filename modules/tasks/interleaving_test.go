package tasks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/events"
)

// The tests of this file hold one transaction open, start another, see it wait for a lock of the first, and let go.

func interleaved(t *testing.T) (*world, *dbtest.Interleaving) {
	t.Helper()
	t.Parallel()
	w, i := moduletest.Interleaved(t, build)
	return newWorld(t, w), i
}

type request func() *httpservertest.Answer

// writes are all ways to write in a project, with the status of success.
func writes(who person, p events.Project, made task) map[string]struct {
	send request
	ok   int
} {
	return map[string]struct {
		send request
		ok   int
	}{
		"create":   {func() *httpservertest.Answer { return who.Post(tasksOf(p), members{"title": "Plant"}) }, 201},
		"change":   {func() *httpservertest.Answer { return who.Patch(made.path(), members{"title": "Plant"}) }, 200},
		"complete": {func() *httpservertest.Answer { return who.Patch(made.path()+"/complete", nil) }, 200},
		"delete":   {func() *httpservertest.Answer { return who.Delete(made.path()) }, 204},
	}
}

func TestWritesAgainstArchiving(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user("Ada")
	for name := range writes(ada, w.inbox(ada), task{}) {
		garden := w.Project(ada)
		write := writes(ada, garden, w.create(ada, garden, nil))[name]
		release := dbtest.Hold(i, write.send)
		archive := dbtest.Blocked(i, w.Publishing(moduletest.Archived(garden)))
		release().Require(write.ok)
		require.NoError(t, archive(), name)
		ada.Post(tasksOf(garden), members{"title": "Dig"}).RequireProblem(409, "project_archived")

		garden = w.Project(ada)
		write = writes(ada, garden, w.create(ada, garden, nil))[name]
		commit := dbtest.Hold(i, w.Publishing(moduletest.Archived(garden)))
		answer := dbtest.Blocked(i, write.send)
		require.NoError(t, commit())
		answer().RequireProblem(409, "project_archived")
	}
}

func TestWritesAgainstDeletionOfTheProject(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user("Ada")
	for name := range writes(ada, w.inbox(ada), task{}) {
		garden := w.Project(ada)
		write := writes(ada, garden, w.create(ada, garden, nil))[name]
		release := dbtest.Hold(i, write.send)
		deletion := dbtest.Blocked(i, w.Publishing(moduletest.Deleted(garden)))
		release().Require(write.ok)
		require.NoError(t, deletion(), name)
		w.requireNoTaskOf(garden)

		garden = w.Project(ada)
		write = writes(ada, garden, w.create(ada, garden, nil))[name]
		commit := dbtest.Hold(i, w.Publishing(moduletest.Deleted(garden)))
		answer := dbtest.Blocked(i, write.send)
		require.NoError(t, commit())
		answer().RequireProblem(404, "not_found")
		w.requireNoTaskOf(garden)
	}
}

func (w *world) requireNoTaskOf(p events.Project) {
	w.t.Helper()
	require.Zero(w.t, w.Count("tasks WHERE project_id = ?", p.ProjectID))
}

func TestAssignmentAgainstDeactivation(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user("Ada")
	garden := w.Project(ada)
	for name, assign := range map[string]func(to person) request{
		"create": func(to person) request {
			return func() *httpservertest.Answer {
				return ada.Post(tasksOf(garden), members{"title": "Dig", "assignee_id": to.UserID})
			}
		},
		"change": func(to person) request {
			made := w.create(ada, garden, nil)
			return func() *httpservertest.Answer {
				return ada.Patch(made.path(), members{"assignee_id": to.UserID})
			}
		},
	} {
		bob := w.user("Bob")
		release := dbtest.Hold(i, assign(bob))
		deactivation := dbtest.Blocked(i, w.Publishing(moduletest.Deactivated(bob.User)))
		var made task
		release().Decode(map[string]int{"create": 201, "change": 200}[name], &made)
		require.NoError(t, deactivation())
		require.Equal(t, bob.UserID, *made.AssigneeID)

		eve := w.user("Eve")
		commit := dbtest.Hold(i, w.Publishing(moduletest.Deactivated(eve.User)))
		answer := dbtest.Blocked(i, assign(eve))
		require.NoError(t, commit())
		require.Equal(t, []string{"body.assignee_id"}, answer().RequireProblem(422, "validation_failed").Locations())
	}
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user("Ada")
	made := w.create(ada, w.Project(ada), nil)
	change := func(title string) request {
		return func() *httpservertest.Answer {
			return ada.Patch(made.path(), members{"title": title}, "If-Match", `"1.x"`)
		}
	}
	release := dbtest.Hold(i, change("first"))
	second := dbtest.Blocked(i, change("second"))
	release().Require(200)
	second().RequireProblem(412, "precondition_failed")
}

// Two toggles at once are two toggles.
func TestTwoTogglesAtOnce(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user("Ada")
	made := w.create(ada, w.Project(ada), nil)
	toggle := func() *httpservertest.Answer { return ada.Patch(made.path()+"/complete", nil) }
	release := dbtest.Hold(i, toggle)
	second := dbtest.Blocked(i, toggle)
	var now task
	release().Decode(200, &now)
	require.Equal(t, "done", now.Status)
	second().Decode(200, &now)
	require.Equal(t, "todo", now.Status)
}

// Who is an assignee is decided when the task is locked, not when it was looked up.
func TestAChangeByWhoIsBeingUnassigned(t *testing.T) {
	w, i := interleaved(t)
	ada, bob := w.user("Ada"), w.user("Bob")
	made := w.create(ada, w.Project(ada), members{"assignee_id": bob.UserID})
	release := dbtest.Hold(i, func() *httpservertest.Answer { return ada.Patch(made.path(), members{"assignee_id": nil}) })
	change := dbtest.Blocked(i, func() *httpservertest.Answer { return bob.Patch(made.path(), members{"title": "mine"}) })
	release().Require(200)
	change().RequireProblem(404, "not_found")
}

// Those who make tasks in one project do not wait for each other.
func TestCreationsDoNotWaitForEachOther(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user("Ada")
	garden := w.Project(ada)
	create := func() *httpservertest.Answer { return ada.Post(tasksOf(garden), members{"title": "Dig"}) }
	release := dbtest.Hold(i, create)
	create().Require(201)
	release().Require(201)
}
