package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestATeamWorksOnAProject is the journey that fasttrack exists for: a user registers, makes a project, hands out tasks,
// talks about them, and both sides see at once what the other does.
func TestATeamWorksOnAProject(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		p.Events.Take() // of the superuser
		ann := p.Register("Ann")
		p.ExpectEvents("identity.user_registered", "projects.project_created") // with her Inbox
		bob := p.Register("Bob")
		p.Events.Take()
		annSees, bobSees := ann.Socket(""), bob.Socket("")

		project := ann.Project("Garden")
		require.Equal(t, "Garden", project.Name)
		require.Equal(t, ann.ID, project.OwnerID)
		require.Equal(t, "active", project.Status)
		p.ExpectEvents("projects.project_created")

		roses := ann.Task(project.ID, "Plant the roses", map[string]any{"priority": "high"})
		require.Equal(t, "todo", roses.Status)
		require.Nil(t, roses.AssigneeID)
		p.ExpectEvents("tasks.task_created")
		ann.Task(project.ID, "Mow the lawn", nil)
		p.ExpectEvents("tasks.task_created")

		// Until it is his, the task does not exist for Bob.
		bob.Get("/tasks/"+roses.ID).WantsProblem(http.StatusNotFound, "not_found")

		roses = harness.Into[harness.Task](ann.Patch("/tasks/"+roses.ID, map[string]any{"assignee_id": bob.ID}).Wants(200))
		require.Equal(t, bob.ID, *roses.AssigneeID)
		p.ExpectEvents("tasks.task_changed", "tasks.task_assigned", "notifications.notifications_appended")
		told := bobSees.Expect("task_assigned")
		require.Equal(t, int64(1), told.Seq)
		require.Equal(t, map[string]any{
			"task_id": roses.ID, "title": "Plant the roses", "project_id": project.ID, "project": "Garden",
			"by": "Ann", "by_id": ann.ID,
		}, told.Data)

		roses = harness.Into[harness.Task](bob.Patch("/tasks/"+roses.ID, map[string]any{"status": "in_progress"}).Wants(200))
		require.Equal(t, "in_progress", roses.Status)
		p.ExpectEvents("tasks.task_changed", "tasks.task_status_changed", "notifications.notifications_appended")
		told = annSees.Expect("status_changed")
		require.Equal(t, map[string]any{
			"task_id": roses.ID, "title": "Plant the roses", "project_id": project.ID, "project": "Garden",
			"old": "todo", "new": "in_progress", "by": "Bob", "by_id": bob.ID,
		}, told.Data)

		asked := bob.Comment(roses.ID, "Left or right of the gate?")
		p.ExpectEvents("comments.comment_added", "notifications.notifications_appended")
		told = annSees.Expect("comment_added")
		require.Equal(t, map[string]any{
			"task_id": roses.ID, "title": "Plant the roses", "comment_id": asked.ID, "author": "Bob", "author_id": bob.ID,
		}, told.Data)
		answered := ann.Comment(roses.ID, "Left.")
		p.ExpectEvents("comments.comment_added", "notifications.notifications_appended")
		require.Equal(t, answered.ID, bobSees.Expect("comment_added").Data["comment_id"])

		// Nobody is told of what they did themselves.
		annSees.ExpectNothing()
		bobSees.ExpectNothing()

		require.Equal(t, harness.TaskCounts{Todo: 1, InProgress: 1},
			harness.Into[harness.Project](ann.Get("/projects/"+project.ID).Wants(200)).TaskCounts)
		require.Equal(t, []harness.Task{roses}, harness.All[harness.Task](bob.Client, "/tasks"), "all that Bob has to do")
		require.Equal(t, []harness.Comment{asked, answered},
			harness.All[harness.Comment](bob.Client, "/tasks/"+roses.ID+"/comments"), "oldest first")
		bob.Get("/projects/"+project.ID).WantsProblem(404, "not_found") // an assignee does not thereby see the project
		p.ExpectEvents()
	})
}

// TestTheFeedOverRESTIsWhatTheSocketSaid: each notification has one form, one id and one number, wherever it is read,
// live, from the list, or replayed.
func TestTheFeedOverRESTIsWhatTheSocketSaid(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		live := bob.Socket("")
		project := ann.Project("Garden")
		task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		ann.Comment(task.ID, "Deep, please.")
		ann.Patch("/tasks/"+task.ID, map[string]any{"status": "done"}).Wants(200)
		ann.Patch("/tasks/"+task.ID, map[string]any{"assignee_id": nil}).Wants(200)

		kinds := []string{"task_assigned", "comment_added", "status_changed", "task_unassigned"}
		feed := bob.Feed()
		require.Len(t, feed, len(kinds))
		replayed := bob.Socket("&after_seq=1")
		for i, kind := range kinds {
			stored := feed[i]
			require.Equal(t, kind, stored.Type)
			require.Equal(t, int64(i+1), stored.Seq)
			require.Nil(t, stored.ReadAt)
			said := live.Expect(kind)
			require.Equal(t, harness.Message{
				Type: stored.Type, ID: stored.ID, Seq: stored.Seq, Timestamp: stored.CreatedAt, Data: stored.Data,
			}, said)
			if i > 0 {
				require.Equal(t, said, replayed.Expect(kind))
			}
		}
		newestFirst := harness.All[harness.Notification](bob.Client, "/notifications")
		require.Equal(t, feed[len(feed)-1], newestFirst[0])

		read := harness.Into[harness.Notification](bob.Post("/notifications/"+feed[0].ID+"/read", nil).Wants(200))
		require.NotNil(t, read.ReadAt)
		require.Len(t, harness.All[harness.Notification](bob.Client, "/notifications?unread=true"), 3)
		bob.Post("/notifications/read-all", nil).Wants(204)
		require.Empty(t, harness.All[harness.Notification](bob.Client, "/notifications?unread=true"))
		ann.Post("/notifications/"+feed[0].ID+"/read", nil).WantsProblem(404, "not_found")
	})
}

func TestAnAdminListsUsersAndChangesRoles(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		admin, ann := p.Admin(), p.Register("Ann")
		ann.Get("/users").WantsProblem(403, "forbidden")
		p.With("").Get("/users").WantsProblem(401, "unauthenticated")
		p.Events.Take()

		found := harness.All[harness.User](admin.Client, "/users?q=ann-")
		require.Equal(t, []harness.User{ann.User}, found)

		promoted := harness.Into[harness.User](admin.Patch("/users/"+ann.ID, map[string]any{"role": "admin"}).Wants(200))
		require.Equal(t, "admin", promoted.Role)
		p.ExpectEvents("identity.user_changed")
		ann.Get("/users").Wants(200) // with the token of before: the live role counts

		admin.Patch("/users/"+ann.ID, map[string]any{"role": "user"}).Wants(200)
		ann.Get("/users").WantsProblem(403, "forbidden")
		admin.Patch("/users/"+admin.ID, map[string]any{"role": "user"}).WantsProblem(409, "last_admin")

		socket := ann.Socket("")
		admin.Patch("/users/"+ann.ID, map[string]any{"is_active": false}).Wants(200)
		socket.ExpectClose(4401)
		ann.Get("/users/me").WantsProblem(401, "token_revoked")
		p.Post("/auth/login", map[string]any{"email": ann.Email, "password": ann.Password}).
			WantsProblem(403, "account_disabled")
		p.Post("/auth/login", map[string]any{"email": ann.Email, "password": "wrong"}).
			WantsProblem(401, "invalid_credentials")
	})
}

// TestRefreshRotates: each refresh gives two new tokens; one that comes late, as from another tab, gets the same.
func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		refresh := func(token string) harness.Tokens {
			return harness.Into[harness.Tokens](p.Post("/auth/refresh", map[string]any{"refresh_token": token}).Wants(200))
		}
		second := refresh(ann.Tokens.RefreshToken)
		require.NotEqual(t, ann.Tokens.RefreshToken, second.RefreshToken)
		require.NotEqual(t, ann.Tokens.AccessToken, second.AccessToken)
		require.Equal(t, "bearer", second.TokenType)
		require.Equal(t, second.RefreshToken, refresh(ann.Tokens.RefreshToken).RefreshToken, "the other tab converges")

		third := refresh(second.RefreshToken)
		require.Equal(t, third.RefreshToken, refresh(ann.Tokens.RefreshToken).RefreshToken, "at the end of the chain")
		for i, access := range []string{ann.Tokens.AccessToken, second.AccessToken, third.AccessToken} {
			require.Equal(t, 200, p.With(access).Get("/users/me").Status, fmt.Sprintf("access token %d", i))
		}
		p.With(third.RefreshToken).Get("/users/me").WantsProblem(401, "unauthenticated")
		p.Post("/auth/refresh", map[string]any{"refresh_token": third.AccessToken}).WantsProblem(401, "unauthenticated")
	})
}

// TestLogoutEndsTheSessionAtOnce: both tokens die and the session's socket closes; other sessions go on.
func TestLogoutEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		phone := p.Login(ann.Email, ann.Password)
		socket, onPhone := ann.Socket(""), phone.Socket("")
		p.Events.Take()

		ann.Post("/auth/logout", nil).Wants(204)
		p.ExpectEvents("identity.session_ended")
		ann.Get("/users/me").WantsProblem(401, "token_revoked")
		p.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken}).
			WantsProblem(401, "token_revoked")
		socket.ExpectClose(4401)
		_, response, err := ann.Dial("")
		require.Error(t, err)
		require.Equal(t, http.StatusUnauthorized, response.StatusCode)

		phone.Get("/users/me").Wants(200)
		onPhone.ExpectNothing()

		// With the refresh token alone, as when the access token has expired.
		p.Post("/auth/logout", map[string]any{"refresh_token": phone.Tokens.RefreshToken}).Wants(204)
		onPhone.ExpectClose(4401)
		phone.Get("/users/me").WantsProblem(401, "token_revoked")
	})
}

// TestASessionCanBeEndedFromAnother: by its id, and all of them together; sockets close with them.
func TestASessionCanBeEndedFromAnother(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		phone := p.Login(ann.Email, ann.Password)
		onLaptop, onPhone, bobs := ann.Socket(""), phone.Socket(""), bob.Socket("")

		sessions := harness.All[harness.Session](ann.Client, "/auth/sessions")
		require.Len(t, sessions, 2)
		require.False(t, sessions[0].Current, "the newest first: that of the phone")
		bob.Delete("/auth/sessions/"+sessions[0].ID).WantsProblem(404, "not_found")
		p.Events.Take()
		ann.Delete("/auth/sessions/" + sessions[0].ID).Wants(204)
		p.ExpectEvents("identity.session_ended")
		onPhone.ExpectClose(4401)
		phone.Get("/users/me").WantsProblem(401, "token_revoked")
		onLaptop.ExpectNothing()

		tablet := p.Login(ann.Email, ann.Password)
		tablet.Post("/auth/logout-all", nil).Wants(204)
		onLaptop.ExpectClose(4401)
		ann.Get("/users/me").WantsProblem(401, "token_revoked")
		tablet.Get("/users/me").WantsProblem(401, "token_revoked")
		bobs.ExpectNothing()
	})
}

// TestAnAdminEndsTheSessionOfAnybody: its socket closes, and the sessions that are left are told.
func TestAnAdminEndsTheSessionOfAnybody(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		admin, ann := p.Admin(), p.Register("Ann")
		phone := p.Login(ann.Email, ann.Password)
		here, onPhone := ann.Socket(""), phone.Socket("")
		sessions := harness.All[harness.Session](admin.Client, "/admin/sessions?active=true&user_id="+ann.ID)
		require.Len(t, sessions, 2)
		admin.Delete("/admin/sessions/" + sessions[0].ID).Wants(204)
		onPhone.ExpectClose(4401)
		phone.Get("/users/me").WantsProblem(401, "token_revoked")
		told := here.Next()
		require.Equal(t, "session_revoked", told.Type)
		require.Equal(t, "admin", told.Data["reason"])
	})
}

// TestAChangeOfThePasswordEndsTheOtherSessions: and the one that is left is told.
func TestAChangeOfThePasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		phone := p.Login(ann.Email, ann.Password)
		here, onPhone := ann.Socket(""), phone.Socket("")
		const next = "seven grey owls listen"
		change := func(current string) map[string]any {
			return map[string]any{"current_password": current, "new_password": next}
		}
		ann.Post("/users/me/password", change("wrong")).WantsProblem(422, "validation_failed")
		ann.Post("/users/me/password", change(ann.Password)).Wants(204)
		onPhone.ExpectClose(4401)
		phone.Get("/users/me").WantsProblem(401, "token_revoked")
		told := here.Next()
		require.Equal(t, "session_revoked", told.Type)
		require.Equal(t, "password", told.Data["reason"])
		p.Login(ann.Email, next)
	})
}
