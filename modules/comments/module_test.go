package comments_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func TestACommentFromCreationToDeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		garden := w.Project(ada)
		dig := w.task(garden, assignedTo(bob))

		var made comment
		answer := bob.Post(commentsOn(dig), members{"body": " Where?\r\n"}).Decode(201, &made)
		require.Equal(t, made.path(), answer.Header.Get("Location"))
		require.Regexp(t, `^"1\.`, answer.ETag())
		require.Equal(t, comment{
			ID: made.ID, TaskID: dig.TaskID, AuthorID: bob.UserID, Body: "Where?",
			CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}, made)
		require.Equal(t, []eventbus.Event{events.CommentAdded{
			CommentID: made.ID, Author: bob.AsEvent(), At: made.CreatedAt,
			TaskID: dig.TaskID, TaskTitle: "Dig", TaskCreatedBy: ada.UserID, CreatorSees: true,
			AssigneeID: &bob.UserID,
			ProjectID:  garden.ProjectID, ProjectOwnerID: ada.UserID,
		}}, w.Events())

		var read comment
		again := ada.Get(made.path()).Decode(200, &read)
		require.Equal(t, made, read)
		require.Equal(t, answer.ETag(), again.ETag())
		ada.Get(made.path(), "If-None-Match", again.ETag()).Require(304)

		var changed comment
		answer = bob.Patch(made.path(), members{"body": "Where exactly?"}).Decode(200, &changed)
		require.Regexp(t, `^"2\.`, answer.ETag())
		require.True(t, changed.UpdatedAt.After(made.UpdatedAt))
		made.Body, made.UpdatedAt = "Where exactly?", changed.UpdatedAt
		require.Equal(t, made, changed)
		require.Equal(t, []eventbus.Event{events.CommentChanged{
			CommentID: made.ID, TaskID: dig.TaskID, ByID: bob.UserID, At: changed.UpdatedAt,
		}}, w.Events())

		bob.Delete(made.path()).Require(204)
		gone := w.ExpectEvents("comments.comment_deleted")[0].(events.CommentDeleted)
		require.Equal(t, events.CommentDeleted{
			CommentID: made.ID, TaskID: dig.TaskID, AuthorID: bob.UserID, ByID: bob.UserID, At: gone.At,
		}, gone)
		require.True(t, gone.At.After(changed.UpdatedAt))
		for _, who := range []person{ada, bob} {
			who.Get(made.path()).RequireProblem(404, "not_found")
			who.Delete(made.path()).RequireProblem(404, "not_found")
			who.Patch(made.path(), members{"body": "again"}).RequireProblem(404, "not_found")
		}
		w.ExpectNoEvents()
	})
}

// Whoever may not see a thing is told that it does not exist; whoever sees it but may not do this is told so.
func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner, assignee, author, other := w.User("Ada"), w.User("Bob"), w.User("Cem"), w.User("Eve")
		admin := w.Admin("Root")
		personal := w.task(w.Project(owner), assignedTo(author))
		versions := map[ids.ID]int64{personal.TaskID: 1}
		assign := func(to events.Task, who person) {
			versions[to.TaskID]++
			w.Publish(reassigned(to, &who.UserID, versions[to.TaskID]))
		}
		for name, c := range map[string]struct {
			who                                person
			on                                 events.Task
			list, create, read, change, remove int
		}{
			"owner":         {owner, personal, 200, 201, 200, 403, 403},
			"assignee":      {assignee, personal, 200, 201, 200, 403, 403},
			"admin":         {admin, personal, 200, 201, 200, 403, 204},
			"former author": {author, personal, 404, 404, 404, 404, 404},
			"other":         {other, personal, 404, 404, 404, 404, 404},
		} {
			assign(c.on, author)
			made := w.say(author, c.on, "mine")
			assign(c.on, assignee)
			c.who.Get(commentsOn(c.on)).Require(c.list)
			c.who.Get(made.path()).Require(c.read)
			w.ExpectNoEvents()
			requireAnswer := func(want int, answer *httpservertest.Answer) {
				t.Helper()
				require.Equal(t, want, answer.Status, name)
				require.Equal(t, want < 300, len(w.Events()) == 1, name)
			}
			requireAnswer(c.create, c.who.Post(commentsOn(c.on), members{"body": "I"}))
			requireAnswer(c.change, c.who.Patch(made.path(), members{"body": "yours"}))
			requireAnswer(c.remove, c.who.Delete(made.path()))
		}
	})
}

func TestAnAuthorIsAuthorAsLongAsTheySeeTheTask(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		dig := w.task(w.Project(ada), assignedTo(bob))
		made := w.say(bob, dig, "Where?")

		w.Publish(reassigned(dig, nil, 2))
		bob.Get(made.path()).RequireProblem(404, "not_found")
		bob.Patch(made.path(), members{"body": "Here?"}).RequireProblem(404, "not_found")
		bob.Patch(made.path(), members{}).RequireProblem(404, "not_found")
		bob.Delete(made.path()).RequireProblem(404, "not_found")
		bob.Get(commentsOn(dig)).RequireProblem(404, "not_found")
		w.ExpectNoEvents()

		w.Publish(reassigned(dig, &bob.UserID, 3))
		bob.Patch(made.path(), members{"body": "Here?"}).Require(200)
		bob.Delete(made.path()).Require(204)
	})
}

func TestEveryRouteNeedsAToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		dig := w.task(w.Project(ada))
		made := w.say(ada, dig, "Where?")
		nobody := w.Anonymous(t)
		nobody.Get(commentsOn(dig)).RequireProblem(401, "unauthenticated")
		nobody.Post(commentsOn(dig), "{").RequireProblem(401, "unauthenticated")
		nobody.Get(made.path()).RequireProblem(401, "unauthenticated")
		nobody.Patch(made.path(), "{").RequireProblem(401, "unauthenticated")
		nobody.Delete(made.path()).RequireProblem(401, "unauthenticated")
		w.ExpectNoEvents()
	})
}

func TestAnArchivedProjectIsReadOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, admin := w.User("Ada"), w.Admin("Root")
		garden := w.Project(ada)
		dig := w.task(garden)
		made := w.say(ada, dig, "Where?")
		w.Publish(moduletest.Archived(garden))

		ada.Post(commentsOn(dig), members{"body": "late"}).RequireProblem(409, "project_archived")
		ada.Patch(made.path(), members{"body": "late"}).RequireProblem(409, "project_archived")
		ada.Delete(made.path()).RequireProblem(409, "project_archived")
		admin.Post(commentsOn(dig), members{"body": "late"}).RequireProblem(409, "project_archived")
		admin.Delete(made.path()).RequireProblem(409, "project_archived")
		// The order of the checks: who may not is told so first, a stale version last.
		admin.Patch(made.path(), members{"body": "late"}).RequireProblem(403, "forbidden")
		ada.Patch(made.path(), members{"body": "late"}, "If-Match", `"9.x"`).RequireProblem(409, "project_archived")
		ada.Delete(made.path(), "If-Match", `"9.x"`).RequireProblem(409, "project_archived")
		ada.Get(made.path()).Require(200)
		ada.Get(commentsOn(dig)).Require(200)
		ada.Patch(made.path(), members{}).Require(200)
		w.ExpectNoEvents()

		active := garden
		active.Version = 3
		w.Publish(events.ProjectChanged{Project: active, ByID: ada.UserID, At: moduletest.Start})
		ada.Patch(made.path(), members{"body": "in time"}).Require(200)
	})
}

func TestAChangeThatChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		made := w.say(ada, w.task(w.Project(ada)), "Where?")
		tag := ada.Get(made.path()).ETag()
		for _, m := range []members{{}, {"body": "Where?"}, {"body": " Where?\n"}} {
			var same comment
			answer := ada.Patch(made.path(), m).Decode(200, &same)
			require.Equal(t, made, same)
			require.Equal(t, tag, answer.ETag())
		}
		w.ExpectNoEvents()
	})
}

func TestIfMatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		made := w.say(ada, w.task(w.Project(ada)), "Where?")
		first := ada.Get(made.path()).ETag()
		second := ada.Patch(made.path(), members{"body": "Here?"}, "If-Match", first).Require(200).ETag()
		w.Events()
		for _, stale := range []string{first, `"7.x"`, `W/` + second, `"nonsense"`} {
			ada.Patch(made.path(), members{"body": "No"}, "If-Match", stale).RequireProblem(412, "precondition_failed")
			ada.Delete(made.path(), "If-Match", stale).RequireProblem(412, "precondition_failed")
		}
		w.ExpectNoEvents()
		ada.Patch(made.path(), members{"body": "Yes"}, "If-Match", first+", "+second).Require(200)
		ada.Delete(made.path(), "If-Match", "*").Require(204)
	})
}

func TestCommentsAreListedOldestFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		garden := w.Project(ada)
		dig, plant := w.task(garden), w.task(garden)
		var said []comment
		for i := range 5 {
			said = append(said, w.say(ada, dig, fmt.Sprint(i)))
			w.say(ada, plant, "elsewhere")
		}
		for query, want := range map[string][]comment{
			"?limit=2": said, "?limit=2&sort=created_at": said,
			"?limit=2&sort=-created_at": {said[4], said[3], said[2], said[1], said[0]},
		} {
			var seen []comment
			for at := commentsOn(dig) + query; ; {
				var l httpservertest.Page[comment]
				answer := ada.Get(at).Decode(200, &l)
				seen = append(seen, l.Items...)
				require.Equal(t, l.HasMore, l.NextCursor != nil)
				require.Equal(t, l.HasMore, answer.Header.Get("Link") != "")
				if !l.HasMore {
					break
				}
				require.Len(t, l.Items, 2)
				at = commentsOn(dig) + query + "&cursor=" + *l.NextCursor
				ada.Get(commentsOn(plant)+query+"&cursor="+*l.NextCursor).RequireProblem(422, "cursor_mismatch")
			}
			require.Equal(t, want, seen)
		}
		empty := ada.Get(commentsOn(w.task(garden))).Require(200)
		require.JSONEq(t, `{"items":[],"next_cursor":null,"has_more":false}`, string(empty.Body))
		ada.Get("/api/v1/tasks/"+ids.New().String()+"/comments").RequireProblem(404, "not_found")
	})
}

func TestTheEventShowsTheAuthorAndTheTaskAsTheyAreNow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		garden := w.Project(ada)
		dig := w.task(garden)
		renamed := bob.User
		renamed.DisplayName, renamed.Version = "Robert", 2
		retitled := dig
		retitled.Title, retitled.AssigneeID, retitled.Version = "Dig deeper", &bob.UserID, 2
		late := dig
		late.Title = "Overtaken"
		w.Publish(events.UserChanged{User: renamed, At: moduletest.Start}, events.TaskChanged{Task: retitled, At: moduletest.Start},
			events.TaskChanged{Task: late, At: moduletest.Start})
		var made comment
		bob.Post(commentsOn(dig), members{"body": "Deep enough?"}).Decode(201, &made)
		require.Equal(t, []eventbus.Event{events.CommentAdded{
			CommentID: made.ID, Author: events.Person{ID: bob.UserID, Name: "Robert"}, At: made.CreatedAt,
			TaskID: dig.TaskID, TaskTitle: "Dig deeper", TaskCreatedBy: ada.UserID, CreatorSees: true,
			AssigneeID: &bob.UserID,
			ProjectID:  garden.ProjectID, ProjectOwnerID: ada.UserID,
		}}, w.Events())

		shared := w.Project(ada, moduletest.OfOrganization)
		mow := w.task(shared, assignedTo(bob))
		bob.Post(commentsOn(mow), members{"body": "Short enough?"}).Require(201)
		require.Equal(t, shared.OrganizationID, w.Events()[0].(events.CommentAdded).OrganizationID)
	})
}

// A cascade is silent: whoever cares heard of the task or the project.
func TestCommentsGoWithTheirTaskAndTheirProject(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, admin := w.User("Ada"), w.Admin("Root")
		garden, yard := w.Project(ada), w.Project(ada)
		dig, plant, mow := w.task(garden), w.task(garden), w.task(yard)
		one, two, three := w.say(ada, dig, "1"), w.say(ada, plant, "2"), w.say(ada, mow, "3")

		w.Publish(events.TaskDeleted{Task: dig, At: moduletest.Start})
		admin.Get(one.path()).RequireProblem(404, "not_found")
		admin.Get(commentsOn(dig)).RequireProblem(404, "not_found")
		admin.Get(two.path()).Require(200)

		w.Publish(moduletest.Archived(garden), moduletest.Deleted(garden)) // being archived protects nothing
		admin.Get(two.path()).RequireProblem(404, "not_found")
		admin.Post(commentsOn(plant), members{"body": "?"}).RequireProblem(404, "not_found")
		admin.Get(three.path()).Require(200)
		w.ExpectNoEvents()
		require.EqualValues(t, 1, w.Count("comments"))
		require.EqualValues(t, 1, w.Count("comment_tasks"))
		require.EqualValues(t, 1, w.Count("comment_projects"))
	})
}

func TestADemotedAdminIsNoAdmin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, admin := w.User("Ada"), w.Admin("Root")
		made := w.say(ada, w.task(w.Project(ada)), "Where?")
		admin.Get(made.path()).Require(200)
		w.Tokens.SetRole(admin.UserID, auth.RoleUser)
		admin.Get(made.path()).RequireProblem(404, "not_found")
		admin.Delete(made.path()).RequireProblem(404, "not_found")
	})
}

// Each request and how many statements it may take, beside BEGIN and COMMIT.
func TestStatements(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		dig := w.task(w.Project(ada), assignedTo(bob))
		first := w.say(ada, dig, "first")
		empty := w.task(w.Project(ada))
		cursor := ""
		for _, c := range []struct {
			name string
			most int
			send func()
		}{
			{"read", 1, func() { bob.Get(first.path()).Require(200) }},
			{"read what is not there", 1, func() { bob.Get("/api/v1/comments/" + ids.New().String()).Require(404) }},
			{"add", 3, func() { bob.Post(commentsOn(dig), members{"body": "second"}).Require(201) }},
			{"page", 1, func() {
				var l struct {
					NextCursor string `json:"next_cursor"`
				}
				bob.Get(commentsOn(dig)+"?limit=1").Decode(200, &l)
				cursor = l.NextCursor
			}},
			{"next page", 1, func() { bob.Get(commentsOn(dig) + "?limit=1&cursor=" + cursor).Require(200) }},
			{"empty page", 2, func() { ada.Get(commentsOn(empty)).Require(200) }},
			{"page of a foreign task", 2, func() { bob.Get(commentsOn(empty)).Require(404) }},
			{"change", 3, func() { ada.Patch(first.path(), members{"body": "First"}).Require(200) }},
			{"change nothing", 2, func() { ada.Patch(first.path(), members{}).Require(200) }},
			{"delete", 3, func() { ada.Delete(first.path()).Require(204) }},
		} {
			require.Len(t, w.Statements(c.send), c.most, c.name)
		}
	})
}
