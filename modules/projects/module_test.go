package projects_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

func TestAProjectFromCreationToDeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		var made project
		answer := ada.Post(projectsPath, members{"name": " Garden\r\n", "description": "roses"}).Decode(201, &made)
		require.Equal(t, made.path(), answer.Header.Get("Location"))
		require.Regexp(t, `^"1\.`, answer.ETag())
		require.Equal(t, project{
			ID: made.ID, Name: "Garden", Description: "roses", Status: "active", OwnerID: ada.UserID,
			CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}, made)
		require.Equal(t, []eventbus.Event{
			events.ProjectCreated{Project: made.asEvent(1), ByID: ada.UserID, At: made.CreatedAt},
		}, w.Events())

		var read project
		again := ada.Get(made.path()).Decode(200, &read)
		require.Equal(t, made, read)
		require.Equal(t, answer.ETag(), again.ETag())

		var changed project
		answer = ada.Patch(made.path(), members{"name": "Park", "description": "", "status": "archived"}).Decode(200, &changed)
		require.Regexp(t, `^"2\.`, answer.ETag())
		require.Equal(t, project{
			ID: made.ID, Name: "Park", Status: "archived", OwnerID: ada.UserID,
			CreatedAt: made.CreatedAt, UpdatedAt: changed.UpdatedAt,
		}, changed)
		require.True(t, changed.UpdatedAt.After(made.UpdatedAt))
		require.Equal(t, []eventbus.Event{
			events.ProjectChanged{Project: changed.asEvent(2), ByID: ada.UserID, At: changed.UpdatedAt},
		}, w.Events())
		require.Equal(t, changed, w.read(ada, made))

		ada.Delete(made.path()).Require(204)
		gone := w.ExpectEvents("projects.project_deleted")[0].(events.ProjectDeleted)
		require.Equal(t, events.ProjectDeleted{ProjectID: made.ID, OwnerID: ada.UserID, ByID: ada.UserID, At: gone.At}, gone)
		ada.Get(made.path()).RequireProblem(404, "not_found")
		ada.Patch(made.path(), members{"name": "Park"}).RequireProblem(404, "not_found")
		ada.Delete(made.path()).RequireProblem(404, "not_found")
		w.ExpectNoEvents()
	})
}

func TestEveryUserIsGivenAnInbox(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		w.Publish(registered(ada))
		var p httpservertest.Page[project]
		ada.Get(projectsPath).Decode(200, &p)
		require.Len(t, p.Items, 1)
		inbox := p.Items[0]
		require.Equal(t, project{
			ID: inbox.ID, Name: "Inbox", Status: "active", OwnerID: ada.UserID, Inbox: true,
			CreatedAt: inbox.CreatedAt, UpdatedAt: inbox.CreatedAt,
		}, inbox)
		require.Equal(t, []eventbus.Event{
			events.ProjectCreated{Project: inbox.asEvent(1), ByID: ada.UserID, At: inbox.CreatedAt},
		}, w.Events())
		require.Error(t, w.TryPublish(t.Context(), registered(ada)), "one Inbox, however often somebody registers")
		w.ExpectNoEvents()
	})
}

func TestTheInboxIsProtected(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, admin := w.user(), w.admin()
		inbox := w.inbox(ada)
		for _, who := range []person{ada, admin} {
			who.Delete(inbox.path()).RequireProblem(409, "inbox_protected")
			who.Patch(inbox.path(), members{"status": "archived"}).RequireProblem(409, "inbox_protected")
			who.Patch(inbox.path(), members{"name": "Later", "status": "archived"}).RequireProblem(409, "inbox_protected")
		}
		w.ExpectNoEvents()
		require.Equal(t, inbox, w.read(ada, inbox))

		var renamed project
		ada.Patch(inbox.path(), members{"name": "Later", "description": "some day", "status": "active"}).Decode(200, &renamed)
		require.Equal(t, "Later", renamed.Name)
		require.True(t, renamed.Inbox)
		require.Len(t, w.Events(), 1)
	})
}

// Whoever may not see a project is told that it does not exist, and changes nothing.
func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, eve, admin := w.user(), w.user(), w.admin()
		made := w.create(ada, "Garden")
		for _, attempt := range []func(){
			func() { eve.Get(made.path()).RequireProblem(404, "not_found") },
			func() { eve.Patch(made.path(), members{"name": "Mine"}).RequireProblem(404, "not_found") },
			func() { eve.Patch(made.path(), members{}).RequireProblem(404, "not_found") },
			func() { eve.Delete(made.path()).RequireProblem(404, "not_found") },
		} {
			attempt()
		}
		w.ExpectNoEvents()
		require.Equal(t, made, w.read(ada, made))

		admin.Get(made.path()).Require(200)
		var changed project
		admin.Patch(made.path(), members{"name": "Park"}).Decode(200, &changed)
		require.Equal(t, ada.UserID, changed.OwnerID)
		admin.Delete(made.path()).Require(204)
		facts := w.ExpectEvents("projects.project_changed", "projects.project_deleted")
		require.Equal(t, events.ProjectChanged{
			Project: changed.asEvent(2), ByID: admin.UserID, AsAdmin: true, At: changed.UpdatedAt,
		}, facts[0])
		gone := facts[1].(events.ProjectDeleted)
		require.Equal(t, admin.UserID, gone.ByID)
		require.True(t, gone.AsAdmin)
		require.Equal(t, ada.UserID, gone.OwnerID)
	})
}

func TestADemotedAdminIsNoAdmin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made, admin := w.create(w.user(), "Garden"), w.admin()
		admin.Get(made.path()).Require(200)
		admin.Get(projectsPath + "?scope=all").Require(200)
		w.Tokens.SetRole(admin.UserID, auth.RoleUser)
		admin.Get(made.path()).RequireProblem(404, "not_found")
		admin.Delete(made.path()).RequireProblem(404, "not_found")
		admin.Get(projectsPath+"?scope=all").RequireProblem(403, "forbidden")
	})
}

func TestEveryRouteNeedsAToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made, nobody := w.create(w.user(), "Garden"), w.Anonymous(t)
		for _, path := range []string{made.path(), projectsPath + "/nonsense"} {
			nobody.Get(path).RequireProblem(401, "unauthenticated")
			nobody.Patch(path, "{").RequireProblem(401, "unauthenticated")
			nobody.Delete(path).RequireProblem(401, "unauthenticated")
		}
		nobody.Get(projectsPath+"?limit=x").RequireProblem(401, "unauthenticated")
		nobody.Post(projectsPath, "{").RequireProblem(401, "unauthenticated")
		w.ExpectNoEvents()
	})
}

// An archived project takes nothing but becoming active again, and deletion.
func TestAnArchivedProjectIsReadOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		made := w.create(ada, "Garden")
		var archived project
		ada.Patch(made.path(), members{"status": "archived"}).Decode(200, &archived)
		require.Equal(t, []eventbus.Event{
			events.ProjectChanged{Project: archived.asEvent(2), ByID: ada.UserID, At: archived.UpdatedAt},
		}, w.Events())
		for _, body := range []members{
			{"name": "Park"}, {"description": "roses"}, {"name": "Park", "status": "archived"},
		} {
			ada.Patch(made.path(), body).RequireProblem(409, "project_archived")
		}
		for _, body := range []members{{}, {"status": "archived"}, {"name": "Garden"}} {
			answer := ada.Patch(made.path(), body).Require(200)
			require.Regexp(t, `^"2\.`, answer.ETag())
		}
		require.Equal(t, archived, w.read(ada, made))
		w.ExpectNoEvents()

		var back project
		ada.Patch(made.path(), members{"status": "active", "name": "Park"}).Decode(200, &back)
		require.Equal(t, "Park", back.Name)
		require.Equal(t, []eventbus.Event{
			events.ProjectChanged{Project: back.asEvent(3), ByID: ada.UserID, At: back.UpdatedAt},
		}, w.Events())
		ada.Patch(made.path(), members{"status": "archived"}).Require(200)
		ada.Delete(made.path()).Require(204)
	})
}

func TestAChangeThatChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		made := w.create(ada, "Garden")
		before := ada.Get(made.path())
		for _, body := range []members{{}, {"name": "Garden"}, {"name": "  Garden ", "description": "", "status": "active"}} {
			answer := ada.Patch(made.path(), body).Require(200)
			require.Equal(t, before.ETag(), answer.ETag())
			require.JSONEq(t, string(before.Body), string(answer.Body))
		}
		w.ExpectNoEvents()
	})
}

func TestEntityTags(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		made := w.create(ada, "Garden")
		first := ada.Get(made.path()).ETag()
		answer := ada.Get(made.path(), "If-None-Match", first).Require(304)
		require.Empty(t, answer.Body)
		require.Equal(t, first, answer.ETag())

		// The digest covers the counts, which are no change by people.
		w.Publish(made.taskCreated("todo"))
		counted := ada.Get(made.path(), "If-None-Match", first).Require(200).ETag()
		require.NotEqual(t, first, counted)
		require.Regexp(t, `^"1\.`, counted)
		second := ada.Patch(made.path(), members{"name": "Park"}, "If-Match", first).Require(200).ETag()
		require.Regexp(t, `^"2\.`, second)
		require.Equal(t, second, ada.Get(made.path()).ETag())
		w.Events()

		for _, stale := range []string{first, counted, "W/" + second, `"2"`, `"x"`, second + "x", `"02.x"`} {
			ada.Patch(made.path(), members{"name": "Yard"}, "If-Match", stale).RequireProblem(412, "precondition_failed")
			ada.Patch(made.path(), members{}, "If-Match", stale).RequireProblem(412, "precondition_failed")
			ada.Delete(made.path(), "If-Match", stale).RequireProblem(412, "precondition_failed")
		}
		w.ExpectNoEvents()
		ada.Patch(made.path(), members{"name": "Yard"}, "If-Match", "*").Require(200)
		ada.Delete(made.path(), "If-Match", first+`, "3.whatever"`).Require(204)
	})
}

// 401, 422, 404, 403, 409, 412: of several reasons the first is told. (401: TestEveryRouteNeedsAToken. Whoever sees a
// personal project manages it, so 403 is for the list of all alone; organisations' projects: TestWhoMayDoWhatInAnOrganisation.)
func TestTheOrderOfChecks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, eve := w.user(), w.user()
		inbox, made := w.inbox(ada), w.create(ada, "Garden")
		ada.Patch(made.path(), members{"status": "archived"}).Require(200)
		w.Events()
		stale := []string{"If-Match", `"7.x"`}

		eve.Patch(made.path(), members{"name": ""}, stale...).RequireProblem(422, "validation_failed")
		eve.Patch(made.path(), members{"name": "Mine"}, stale...).RequireProblem(404, "not_found")
		eve.Delete(inbox.path(), stale...).RequireProblem(404, "not_found")
		ada.Patch(made.path(), members{"name": "Park"}, stale...).RequireProblem(409, "project_archived")
		ada.Patch(made.path(), members{"status": "active"}, stale...).RequireProblem(412, "precondition_failed")
		ada.Patch(inbox.path(), members{"status": "archived"}, stale...).RequireProblem(409, "inbox_protected")
		ada.Delete(inbox.path(), stale...).RequireProblem(409, "inbox_protected")
		ada.Delete(made.path(), stale...).RequireProblem(412, "precondition_failed")
		eve.Get(projectsPath+"?scope=all&status=open").RequireProblem(422, "validation_failed")
		eve.Get(projectsPath+"?scope=all&cursor=abc").RequireProblem(422, "cursor_mismatch")
		eve.Get(projectsPath+"?scope=all").RequireProblem(403, "forbidden")
		w.ExpectNoEvents()
	})
}

func TestTaskCountsFollowTheTasks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		garden, yard := w.create(ada, "Garden"), w.create(ada, "Yard")
		for _, step := range []struct {
			facts []eventbus.Event
			want  counts
		}{
			{[]eventbus.Event{garden.taskCreated("todo")}, counts{1, 0, 0}},
			{[]eventbus.Event{garden.taskCreated("done"), garden.taskCreated("in_progress")}, counts{1, 1, 1}},
			{[]eventbus.Event{garden.taskMoved("todo", "done")}, counts{0, 1, 2}},
			{[]eventbus.Event{garden.taskMoved("done", "in_progress"), garden.taskMoved("in_progress", "todo")}, counts{1, 1, 1}},
			{[]eventbus.Event{garden.taskDeleted("in_progress")}, counts{1, 0, 1}},
			{[]eventbus.Event{garden.taskDeleted("todo"), garden.taskDeleted("done")}, counts{}},
			{[]eventbus.Event{garden.taskCreated("todo"), garden.taskCreated("todo")}, counts{2, 0, 0}},
		} {
			w.Publish(step.facts...)
			now := w.read(ada, garden)
			require.Equal(t, step.want, now.TaskCounts)
			require.Equal(t, garden.UpdatedAt, now.UpdatedAt)
			var p httpservertest.Page[project]
			ada.Get(projectsPath+"?sort=created_at").Decode(200, &p)
			require.Equal(t, []counts{step.want, {}}, []counts{p.Items[0].TaskCounts, p.Items[1].TaskCounts})
		}
		var changed project
		answer := ada.Patch(garden.path(), members{"name": "Park"}).Decode(200, &changed)
		require.Equal(t, counts{Todo: 2}, changed.TaskCounts)
		require.Equal(t, answer.ETag(), ada.Get(garden.path()).ETag())
		require.Zero(t, w.read(ada, yard).TaskCounts)

		w.Events()
		ada.Delete(garden.path()).Require(204)
		require.Zero(t, w.Count("project_task_deltas WHERE project_id = ?", garden.ID))
	})
}

// What is counted is exact however many tasks come and go, and what a read must add up stays short.
func TestTaskCountsOfManyTasks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		garden := w.create(ada, "Garden")
		const many = 1000
		facts := make([]eventbus.Event, 0, 2*many)
		for range many {
			facts = append(facts, garden.taskCreated("todo"), garden.taskMoved("todo", "done"))
		}
		w.Publish(facts...)
		require.Equal(t, counts{Done: many}, w.read(ada, garden).TaskCounts)
		require.Less(t, w.Count("project_task_deltas WHERE project_id = ?", garden.ID), int64(2*many))
		ada.Delete(garden.path()).Require(204)
		require.Zero(t, w.Count("project_task_deltas WHERE project_id = ?", garden.ID))
		require.Zero(t, w.Count("projects WHERE id = ?", garden.ID))
	})
}

// Each request and how many statements it takes, beside BEGIN and COMMIT. SQLite has no rows to lock.
func TestStatements(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, eve, admin := w.user(), w.user(), w.admin()
		garden, yard := w.create(ada, "Garden"), w.create(ada, "Yard")
		inbox := w.inbox(ada)
		lock := map[database.Dialect]int{database.SQLite: 0, database.Postgres: 1}[w.DB.Dialect()]
		cursor := ""
		for _, c := range []struct {
			name  string
			count int
			send  func()
		}{
			{"read", 1, func() { ada.Get(garden.path()).Require(200) }},
			{"read what is not there", 1, func() { eve.Get(garden.path()).Require(404) }},
			{"page", 1, func() {
				var p httpservertest.Page[project]
				ada.Get(projectsPath+"?limit=1").Decode(200, &p)
				cursor = *p.NextCursor
			}},
			{"next page", 1, func() { ada.Get(projectsPath + "?limit=1&cursor=" + cursor).Require(200) }},
			{"page of all", 1, func() { admin.Get(projectsPath + "?scope=all").Require(200) }},
			{"empty page", 1, func() { eve.Get(projectsPath).Require(200) }},
			{"page of all, refused", 0, func() { eve.Get(projectsPath + "?scope=all").Require(403) }},
			{"create", 1, func() { ada.Post(projectsPath, members{"name": "Park"}).Require(201) }},
			{"create, refused", 0, func() { ada.Post(projectsPath, members{"name": ""}).Require(422) }},
			{"change", 3 + lock, func() { ada.Patch(garden.path(), members{"name": "Park"}).Require(200) }},
			{"change nothing", 2 + lock, func() { ada.Patch(garden.path(), members{}).Require(200) }},
			{"change what is not there", 1, func() { eve.Patch(garden.path(), members{}).Require(404) }},
			{"delete, refused", 2 + lock, func() { ada.Delete(inbox.path()).Require(409) }},
			{"delete", 4 + lock, func() { ada.Delete(yard.path()).Require(204) }},
		} {
			statements := w.Statements(c.send)
			require.Len(t, statements, c.count, "%s:\n%s", c.name, strings.Join(statements, "\n"))
		}
	})
}
