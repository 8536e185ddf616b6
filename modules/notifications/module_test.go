package notifications_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

type notification struct {
	ID        string          `json:"id"`
	Seq       int64           `json:"seq"`
	Type      string          `json:"type"`
	Data      json.RawMessage `json:"data"`
	CreatedAt time.Time       `json:"created_at"`
	ReadAt    *time.Time      `json:"read_at"`
}

type list struct {
	Items      []notification `json:"items"`
	NextCursor *string        `json:"next_cursor"`
	HasMore    bool           `json:"has_more"`
}

func (l list) seqs() []int64 {
	seqs := []int64{}
	for _, n := range l.Items {
		seqs = append(seqs, n.Seq)
	}
	return seqs
}

func TestTheFeedIsReadOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		ann, bob := h.LogIn(t, auth.RoleUser), h.LogIn(t, auth.RoleUser)
		read := func(query string) (l list) {
			ann.Get("/api/v1/notifications"+query).Decode(200, &l)
			return l
		}
		require.Equal(t, list{Items: []notification{}}, read(""))

		h.assigns(ann.Principal.UserID, 1, 5)
		h.assigns(bob.Principal.UserID, 1, 2)
		require.Equal(t, []int64{5, 4, 3, 2, 1}, read("").seqs())
		require.Equal(t, []int64{4, 5}, read("?after_seq=3").seqs())
		require.Equal(t, []int64{1, 2, 3, 4, 5}, read("?after_seq=0").seqs())
		require.Empty(t, read("?after_seq=5").Items)

		// Pages, both ways; a cursor belongs to its list.
		first := read("?limit=2")
		require.True(t, first.HasMore)
		require.Equal(t, []int64{5, 4}, first.seqs())
		require.Equal(t, []int64{3, 2}, read("?limit=2&cursor="+*first.NextCursor).seqs())
		up := read("?limit=2&after_seq=1")
		require.Equal(t, []int64{2, 3}, up.seqs())
		require.Equal(t, []int64{4, 5}, read("?limit=2&after_seq=1&cursor="+*up.NextCursor).seqs())
		ann.Get("/api/v1/notifications?unread=true&cursor="+*first.NextCursor).RequireProblem(422, "cursor_mismatch")
		ann.Get("/api/v1/notifications?after_seq=2&cursor="+*up.NextCursor).RequireProblem(422, "cursor_mismatch")

		// What cannot be continued.
		ann.Get("/api/v1/notifications?after_seq=6").RequireProblem(410, "resync_required")
		ann.Get("/api/v1/notifications?after_seq=-1").RequireProblem(422, "validation_failed")
		for _, odd := range []string{"two", "02", "%2B2", "%202", "-0", "2.0", "2e0", "%EF%BC%92", "99999999999999999999"} {
			ann.Get("/api/v1/notifications?after_seq="+odd).RequireProblem(422, "validation_failed")
			require.Equal(t, "validation_failed", h.refused(422, "?token="+ann.Token+"&after_seq="+odd).Code, odd)
		}
		ann.Get("/api/v1/notifications?unread=1").RequireProblem(422, "validation_failed")
		h.Anonymous(t).Get("/api/v1/notifications").RequireProblem(401, "unauthenticated")
		h.purge(ann.Principal.UserID, 3)
		ann.Get("/api/v1/notifications?after_seq=1").RequireProblem(410, "resync_required")
		require.Equal(t, []int64{3, 4, 5}, read("?after_seq=2").seqs())
		require.Equal(t, []int64{5, 4, 3}, read("").seqs())
	})
}

func TestNotificationsAreMarkedRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		ann, bob := h.LogIn(t, auth.RoleUser), h.LogIn(t, auth.RoleUser)
		unread := func() []int64 {
			var l list
			ann.Get("/api/v1/notifications?unread=true").Decode(200, &l)
			return l.seqs()
		}
		h.assigns(ann.Principal.UserID, 1, 3)
		h.assigns(bob.Principal.UserID, 1, 1)
		var all list
		ann.Get("/api/v1/notifications").Decode(200, &all)
		second := "/api/v1/notifications/" + all.Items[1].ID + "/read"

		var once, again notification
		ann.Post(second, nil).Decode(200, &once)
		require.NotNil(t, once.ReadAt)
		require.EqualValues(t, 2, once.Seq)
		ann.Post(second, nil).Decode(200, &again)
		require.Equal(t, once, again, "safe to repeat")
		require.Equal(t, []int64{3, 1}, unread())

		bob.Post(second, nil).RequireProblem(404, "not_found")
		ann.Post("/api/v1/notifications/"+ids.New().String()+"/read", nil).RequireProblem(404, "not_found")
		ann.Post("/api/v1/notifications/7/read", nil).RequireProblem(422, "validation_failed")

		ann.Post("/api/v1/notifications/read-all", nil).Require(204)
		ann.Post("/api/v1/notifications/read-all", nil).Require(204)
		require.Empty(t, unread())
		var bobs list
		bob.Get("/api/v1/notifications?unread=true").Decode(200, &bobs)
		require.Len(t, bobs.Items, 1)
	})
}

func TestAnAnswerHasTheShapeOfTheContract(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	ann := h.LogIn(t, auth.RoleUser)
	event := assigned(ann.Principal.UserID, "Dig")
	h.Publish(event)
	var l struct{ Items []map[string]any }
	ann.Get("/api/v1/notifications").Decode(200, &l)
	got := l.Items[0]
	require.NotEmpty(t, got["id"])
	delete(got, "id")
	require.Equal(t, map[string]any{
		"seq": 1.0, "type": "task_assigned", "read_at": nil, "created_at": event.At.Format("2006-01-02T15:04:05.000000Z"),
		"data": map[string]any{
			"task_id": event.TaskID.String(), "title": "Dig", "project_id": event.ProjectID.String(), "project": "Garden",
			"by": event.By.Name, "by_id": event.By.ID.String(),
		},
	}, got)
}

// The rule: the document names every type that there is, and no other.
func TestTheDocumentNamesEveryType(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []domain.Type }
			}
		}
	}
	h.Anonymous(t).Get("/openapi.json").Decode(200, &document)
	require.ElementsMatch(t, domain.Types(), document.Components.Schemas["Notification"].Properties["type"].Enum)
}

// The rule: a unit of work with many events tells each user in one go, and pays two statements for it.
func TestAUnitOfWorkNotifiesOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		owner, assignee := h.LogIn(t, auth.RoleUser), h.LogIn(t, auth.RoleUser)
		task := assigned(assignee.Principal.UserID, "Dig").Task
		task.ProjectOwnerID = owner.Principal.UserID
		statements := h.Statements(func() {
			h.Publish(
				events.TaskAssigned{Task: task, By: ann, At: clock.System()},
				events.TaskStatusChanged{Task: task, OldStatus: "done", By: ann, At: clock.System()},
				events.CommentAdded{
					CommentID: ids.New(), Author: ann, At: clock.System(), TaskID: task.TaskID, TaskTitle: "Dig",
					TaskCreatedBy: task.CreatedBy, AssigneeID: task.AssigneeID, ProjectID: task.ProjectID,
					ProjectOwnerID: task.ProjectOwnerID,
				},
				sessionEnded(owner.Principal, events.SessionAdmin),
				sessionEnded(owner.Principal, events.SessionLogout),
			)
		})
		require.Len(t, statements, 2)

		types := func(c *httpservertest.Client) (all []string) {
			var l list
			c.Get("/api/v1/notifications?after_seq=0").Decode(200, &l)
			for i, n := range l.Items {
				require.EqualValues(t, i+1, n.Seq)
				all = append(all, n.Type)
			}
			return all
		}
		require.Equal(t, []string{"status_changed", "comment_added", "session_revoked"}, types(owner))
		require.Equal(t, []string{"task_assigned", "status_changed", "comment_added"}, types(assignee))

		require.Empty(t, h.Statements(func() { h.Publish(sessionEnded(owner.Principal, events.SessionLogout)) }),
			"an event that nobody is told of needs no statement")
	})
}

// purge forgets everything before a number, as the retention does.
func (h *house) purge(user ids.ID, firstKept int64) {
	h.t.Helper()
	h.Exec(`DELETE FROM notifications WHERE user_id = ? AND seq < ?`, user, firstKept)
	h.Exec(`UPDATE notification_streams SET first_kept = ? WHERE user_id = ?`, firstKept, user)
}
