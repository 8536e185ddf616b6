package tasks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func TestATaskFromCreationToDeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		garden := w.Project(ada)

		var made task
		answer := ada.Post(tasksOf(garden), members{"title": " Dig\r\n"}).Decode(201, &made)
		require.Equal(t, "/api/v1/tasks/"+made.ID.String(), answer.Header.Get("Location"))
		require.Regexp(t, `^"1\.`, answer.ETag())
		require.Equal(t, task{
			ID: made.ID, ProjectID: garden.ProjectID, Title: "Dig", Status: "todo", Priority: "medium",
			CreatedBy: ada.UserID, CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}, made)
		require.Equal(t, []eventbus.Event{
			events.TaskCreated{Task: made.asEvent(garden, 1), By: ada.AsEvent(), At: made.CreatedAt},
		}, w.Events())

		var read task
		again := ada.Get(made.path()).Decode(200, &read)
		require.Equal(t, made, read)
		require.Equal(t, answer.ETag(), again.ETag())

		due := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
		var changed task
		answer = ada.Patch(made.path(), members{
			"title": "Plant", "description": "roses", "status": "done", "priority": "high",
			"assignee_id": bob.UserID, "due_at": "2026-05-01T12:00:00+02:00",
		}).Decode(200, &changed)
		require.Regexp(t, `^"2\.`, answer.ETag())
		require.Equal(t, task{
			ID: made.ID, ProjectID: garden.ProjectID, Title: "Plant", Description: "roses", Status: "done", Priority: "high",
			AssigneeID: &bob.UserID, DueAt: &due, CompletedAt: &changed.UpdatedAt,
			CreatedBy: ada.UserID, CreatedAt: made.CreatedAt, UpdatedAt: changed.UpdatedAt,
		}, changed)
		fact := changed.asEvent(garden, 2)
		require.Equal(t, []eventbus.Event{
			events.TaskChanged{Task: fact, By: ada.AsEvent(), At: changed.UpdatedAt},
			events.TaskAssigned{Task: fact, By: ada.AsEvent(), At: changed.UpdatedAt},
			events.TaskStatusChanged{
				Task: fact, OldStatus: "todo", CreatorSees: true, By: ada.AsEvent(), At: changed.UpdatedAt,
			},
		}, w.Events())

		var reassigned task
		bob.Patch(made.path(), members{"assignee_id": ada.UserID}).Decode(200, &reassigned)
		fact = reassigned.asEvent(garden, 3)
		require.Equal(t, []eventbus.Event{
			events.TaskChanged{Task: fact, By: bob.AsEvent(), At: reassigned.UpdatedAt},
			events.TaskUnassigned{Task: fact, FormerAssigneeID: bob.UserID, By: bob.AsEvent(), At: reassigned.UpdatedAt},
			events.TaskAssigned{Task: fact, By: bob.AsEvent(), At: reassigned.UpdatedAt},
		}, w.Events())

		ada.Delete(made.path()).Require(204)
		gone := w.ExpectEvents("tasks.task_deleted")[0].(events.TaskDeleted)
		require.Equal(t, events.TaskDeleted{Task: fact, By: ada.AsEvent(), At: gone.At}, gone)
		ada.Get(made.path()).RequireProblem(404, "not_found")
		ada.Delete(made.path()).RequireProblem(404, "not_found")
		w.ExpectNoEvents()
	})
}

func TestATaskThatIsCreatedWithEverything(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		garden := w.Project(ada)
		var made task
		ada.Post(tasksOf(garden), members{
			"title": "Dig", "description": "deep", "status": "done", "priority": "low", "assignee_id": bob.UserID,
			"due_at": "2026-05-01T12:00:00.123456Z",
		}).Decode(201, &made)
		require.Equal(t, made.CreatedAt, *made.CompletedAt)
		require.Equal(t, "low", made.Priority)
		fact := made.asEvent(garden, 1)
		require.Equal(t, []eventbus.Event{
			events.TaskCreated{Task: fact, By: ada.AsEvent(), At: made.CreatedAt},
			events.TaskAssigned{Task: fact, By: ada.AsEvent(), At: made.CreatedAt},
		}, w.Events())

		var plain task
		ada.Post(tasksOf(garden), members{"title": "Dig", "assignee_id": nil, "due_at": nil}).Decode(201, &plain)
		require.Nil(t, plain.AssigneeID)
		require.Nil(t, plain.DueAt)
	})
}

func TestAPersonalTaskGoesIntoTheInbox(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		w.Project(ada)
		var made task
		answer := ada.Post("/api/v1/tasks", members{"title": "Breathe"}).Decode(201, &made)
		require.Equal(t, w.inbox(ada).ProjectID, made.ProjectID)
		require.Equal(t, made.path(), answer.Header.Get("Location"))
		require.Equal(t, []eventbus.Event{
			events.TaskCreated{Task: made.asEvent(w.inbox(ada), 1), By: ada.AsEvent(), At: made.CreatedAt},
		}, w.Events())
		bob.Get(made.path()).RequireProblem(404, "not_found")
		ada.Post("/api/v1/tasks", members{"title": "Breathe", "project_id": made.ProjectID}).
			RequireProblem(422, "validation_failed")
	})
}

// Whoever may not see a thing is told that it does not exist; whoever sees it but may not do this is told so.
func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner, assignee, other, admin := w.user("Ada"), w.user("Bob"), w.user("Eve"), w.admin("Root")
		garden := w.Project(owner)
		for name, c := range map[string]struct {
			who                                          person
			project                                      events.Project
			read, change, complete, remove, list, create int
		}{
			"owner":    {owner, garden, 200, 200, 200, 204, 200, 201},
			"admin":    {admin, garden, 200, 200, 200, 204, 200, 201},
			"assignee": {assignee, garden, 200, 200, 200, 403, 404, 404},
			"other":    {other, garden, 404, 404, 404, 404, 404, 404},
		} {
			made := w.create(admin, c.project, members{"assignee_id": assignee.UserID})
			c.who.Get(made.path()).Require(c.read)
			c.who.Patch(made.path(), members{"title": "Plant"}).Require(c.change)
			c.who.Patch(made.path()+"/complete", nil).Require(c.complete)
			require.Equal(t, c.change == 200, len(w.Events()) > 0, name)
			c.who.Get(tasksOf(c.project)).Require(c.list)
			c.who.Delete(made.path()).Require(c.remove)
			c.who.Post(tasksOf(c.project), members{"title": "Dig"}).Require(c.create)
			w.Events()
		}
		made := w.create(owner, garden, nil)
		nobody := w.Anonymous(t)
		nobody.Get(made.path()).RequireProblem(401, "unauthenticated")
		nobody.Get("/api/v1/tasks").RequireProblem(401, "unauthenticated")
		nobody.Post("/api/v1/tasks", "{").RequireProblem(401, "unauthenticated")
		nobody.Patch(made.path()+"/complete", nil).RequireProblem(401, "unauthenticated")
	})
}

func TestAnAssigneeMayChangeEverythingEvenGiveItAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		garden := w.Project(ada)
		for _, to := range []any{nil, ada.UserID} {
			made := w.create(ada, garden, members{"assignee_id": bob.UserID})
			for name, value := range map[string]any{
				"title": "Plant", "description": "roses", "status": "in_progress", "priority": "low",
				"due_at": "2026-05-01T12:00:00Z",
			} {
				bob.Patch(made.path(), members{name: value}).Require(200)
			}
			var last task
			bob.Patch(made.path(), members{"assignee_id": to}).Decode(200, &last)
			require.Equal(t, "Plant", last.Title)
			bob.Get(made.path()).RequireProblem(404, "not_found")
			bob.Patch(made.path(), members{"title": "mine"}).RequireProblem(404, "not_found")
		}
	})
}

func TestAnAssigneeIsAnActiveUser(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, gone := w.user("Ada"), w.user("Gone")
		garden := w.Project(ada)
		kept := w.create(ada, garden, members{"assignee_id": gone.UserID})
		w.Publish(moduletest.Deactivated(gone.User))
		plain := w.create(ada, garden, nil)
		for _, id := range []ids.ID{gone.UserID, ids.New(), ids.Nil} {
			for _, answer := range []interface{ Locations() []string }{
				ada.Post(tasksOf(garden), members{"title": "Dig", "assignee_id": id}).RequireProblem(422, "validation_failed"),
				ada.Post("/api/v1/tasks", members{"title": "Dig", "assignee_id": id}).RequireProblem(422, "validation_failed"),
				ada.Patch(plain.path(), members{"assignee_id": id}).RequireProblem(422, "validation_failed"),
			} {
				require.Equal(t, []string{"body.assignee_id"}, answer.Locations())
			}
		}
		w.ExpectNoEvents()
		ada.Patch(kept.path(), members{"title": "Plant", "assignee_id": gone.UserID}).Require(200)

		back := gone.User
		back.Version = 3
		w.Publish(events.UserChanged{User: back, At: moduletest.Start})
		ada.Patch(plain.path(), members{"assignee_id": gone.UserID}).Require(200)

		other := w.user("Eve")
		other.Patch(plain.path(), members{"assignee_id": ids.New()}).RequireProblem(404, "not_found")
	})
}

func TestAnArchivedProjectIsReadOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		garden := w.Project(ada)
		made := w.create(ada, garden, members{"assignee_id": bob.UserID})
		w.Publish(moduletest.Archived(garden))
		for _, who := range []person{ada, w.admin("Root")} {
			who.Post(tasksOf(garden), members{"title": "Dig"}).RequireProblem(409, "project_archived")
			who.Patch(made.path(), members{"title": "Plant"}).RequireProblem(409, "project_archived")
			who.Patch(made.path()+"/complete", nil).RequireProblem(409, "project_archived")
			who.Patch(made.path()+"/complete", members{"completed": true}).RequireProblem(409, "project_archived")
			who.Delete(made.path()).RequireProblem(409, "project_archived")
			who.Patch(made.path(), members{"title": "Plant"}, "If-Match", `"9.x"`).RequireProblem(409, "project_archived")
			who.Get(made.path()).Require(200)
			who.Get(tasksOf(garden)).Require(200)
		}
		bob.Patch(made.path(), members{"status": "done"}).RequireProblem(409, "project_archived")
		bob.Delete(made.path()).RequireProblem(403, "forbidden")
		w.ExpectNoEvents()

		back := moduletest.Archived(garden).Project
		back.Archived, back.Version = false, 3
		w.Publish(events.ProjectChanged{Project: back, ByID: ada.UserID, At: moduletest.Start})
		ada.Patch(made.path(), members{"title": "Plant"}).Require(200)
	})
}

func TestComplete(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		made := w.create(ada, w.Project(ada), members{"status": "in_progress"})
		version := 1
		for _, c := range []struct {
			body    any
			status  string
			changes bool
		}{
			{members{"completed": false}, "in_progress", false},
			{nil, "done", true},
			{nil, "todo", true},
			{members{"completed": false}, "todo", false},
			{members{"completed": true}, "done", true},
			{members{"completed": true}, "done", false},
			{members{"completed": false}, "todo", true},
		} {
			var now task
			answer := ada.Patch(made.path()+"/complete", c.body).Decode(200, &now)
			require.Equal(t, c.status, now.Status, "%+v", c)
			require.Equal(t, c.status == "done", now.CompletedAt != nil, "%+v", c)
			if !c.changes {
				w.ExpectNoEvents()
			} else {
				version++
				w.ExpectEvents("tasks.task_changed", "tasks.task_status_changed")
			}
			require.Regexp(t, fmt.Sprintf(`^"%d\.`, version), answer.ETag(), "%+v", c)
		}
		stale := `"1.x"`
		ada.Patch(made.path()+"/complete", nil, "If-Match", stale).RequireProblem(412, "precondition_failed")
		w.ExpectNoEvents()
	})
}

func TestAnEmptyChangeChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		made := w.create(ada, w.Project(ada), members{"assignee_id": ada.UserID, "due_at": "2026-05-01T12:00:00Z"})
		before := ada.Get(made.path())
		for _, body := range []any{
			members{},
			members{"title": "Dig"},
			members{"title": "  Dig ", "description": ""},
			members{"due_at": "2026-05-01T14:00:00+02:00", "assignee_id": ada.UserID, "status": "todo", "priority": "medium"},
		} {
			answer := ada.Patch(made.path(), body).Require(200)
			require.Equal(t, before.ETag(), answer.ETag())
			require.JSONEq(t, string(before.Body), string(answer.Body))
		}
		w.ExpectNoEvents()
	})
}

func TestChangesThatWereBasedOnAnotherVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		made := w.create(ada, w.Project(ada), nil)
		first := ada.Get(made.path()).ETag()
		ada.Get(made.path(), "If-None-Match", first).Require(304)
		second := ada.Patch(made.path(), members{"title": "Plant"}, "If-Match", first).Require(200).ETag()
		require.NotEqual(t, first, second)
		w.Events()

		ada.Patch(made.path(), members{"title": "Water"}, "If-Match", first).RequireProblem(412, "precondition_failed")
		ada.Patch(made.path(), members{}, "If-Match", first).RequireProblem(412, "precondition_failed")
		ada.Patch(made.path(), members{"title": "Water"}, "If-Match", "W/"+second).RequireProblem(412, "precondition_failed")
		ada.Delete(made.path(), "If-Match", first).RequireProblem(412, "precondition_failed")
		w.ExpectNoEvents()
		ada.Get(made.path(), "If-None-Match", first).Require(200)
		ada.Patch(made.path(), members{"title": "Water"}, "If-Match", "*").Require(200)
		ada.Delete(made.path(), "If-Match", `"3.whatever"`).Require(204)
	})
}

func TestADeletedProjectTakesItsTasks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		many := 10_000
		if dbtest.Race && w.DB.Dialect() == database.SQLite {
			many = 500
		}
		ada, bob := w.user("Ada"), w.user("Bob")
		garden, yard := w.Project(ada), w.Project(ada)
		made := w.create(ada, garden, members{"assignee_id": bob.UserID})
		kept := w.create(ada, yard, nil)
		w.fill(made, many)
		began := time.Now()
		w.Publish(moduletest.Deleted(garden))
		t.Logf("%d tasks were deleted in %s", many, time.Since(began))
		w.ExpectNoEvents()
		ada.Get(made.path()).RequireProblem(404, "not_found")
		bob.Get(made.path()).RequireProblem(404, "not_found")
		ada.Get(tasksOf(garden)).RequireProblem(404, "not_found")
		ada.Post(tasksOf(garden), members{"title": "Dig"}).RequireProblem(404, "not_found")
		ada.Get(kept.path()).Require(200)
		w.Publish(moduletest.Deleted(garden))
	})
}

// fill puts n tasks beside one, all like it, without asking anybody.
func (w *world) fill(like task, n int) {
	w.t.Helper()
	id := map[database.Dialect]string{
		database.SQLite:   `printf('00000000-0000-7000-8000-%012x', n.i)`,
		database.Postgres: `('00000000-0000-7000-8000-' || lpad(to_hex(n.i), 12, '0'))::uuid`,
	}[w.DB.Dialect()]
	columns := `project_id, owner_id, title, description, status, priority, assignee_id, created_by, version,
		created_at, updated_at`
	require.NoError(w.t, w.DB.Do(w.t.Context(), func(ctx context.Context) error {
		q := w.DB.Conn(ctx).Exec(`INSERT INTO tasks (id, `+columns+`)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT `+id+`, `+columns+` FROM tasks, n WHERE tasks.id = ?`, n, like.ID)
		require.EqualValues(w.t, n, q.RowsAffected)
		return q.Error
	}))
}

// What is told late or twice does no harm.
func TestCopiesFollowTheNewestVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		renamed := garden
		renamed.Name, renamed.Version = "Yard", 3
		w.Publish(events.ProjectChanged{Project: renamed, ByID: ada.UserID, At: moduletest.Start}, moduletest.Archived(garden))
		var made task
		ada.Post(tasksOf(garden), members{"title": "Dig"}).Decode(201, &made)
		require.Equal(t, []eventbus.Event{
			events.TaskCreated{Task: made.asEvent(renamed, 1), By: ada.AsEvent(), At: made.CreatedAt},
		}, w.Events())
	})
}

// The budgets of docs/quality: a statement is a round trip.
func TestStatementBudget(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		garden := w.Project(ada)
		made := w.create(ada, garden, members{"assignee_id": bob.UserID})
		w.create(ada, garden, members{"due_at": "2026-05-01T12:00:00Z"})
		for _, c := range []struct {
			name string
			most int
			do   func()
		}{
			{"read", 1, func() { ada.Get(made.path()).Require(200) }},
			{"read by the assignee", 1, func() { bob.Get(made.path()).Require(200) }},
			{"page of a project", 1, func() { ada.Get(tasksOf(garden)).Require(200) }},
			{"page of a project by due_at", 2, func() { ada.Get(tasksOf(garden) + "?sort=due_at").Require(200) }},
			{"empty page of a project", 2, func() { ada.Get(tasksOf(garden) + "?status=done").Require(200) }},
			{"own page", 1, func() { ada.Get("/api/v1/tasks").Require(200) }},
			{"own page by due_at", 2, func() { ada.Get("/api/v1/tasks?sort=due_at").Require(200) }},
			{"create", 2, func() { ada.Post(tasksOf(garden), members{"title": "Dig"}).Require(201) }},
			{"create, assigned", 3, func() {
				ada.Post(tasksOf(garden), members{"title": "Dig", "assignee_id": bob.UserID}).Require(201)
			}},
			{"create, personal", 2, func() { ada.Post("/api/v1/tasks", members{"title": "Dig"}).Require(201) }},
			{"change", 3, func() { ada.Patch(made.path(), members{"title": "Plant"}).Require(200) }},
			{"change of nothing", 2, func() { ada.Patch(made.path(), members{}).Require(200) }},
			{"assign", 4, func() { ada.Patch(made.path(), members{"assignee_id": ada.UserID}).Require(200) }},
			{"complete", 3, func() { ada.Patch(made.path()+"/complete", nil).Require(200) }},
			{"delete", 3, func() { ada.Delete(made.path()).Require(204) }},
		} {
			statements := w.Statements(c.do)
			require.LessOrEqual(t, len(statements), c.most, "%s: %q", c.name, statements)
			t.Logf("%s: %d", c.name, len(statements))
		}
	})
}
