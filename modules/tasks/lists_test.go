package tasks_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
)

// titles returns the titles of a list's first page in order.
func titles(t *testing.T, who person, path, query string) string {
	t.Helper()
	var p httpservertest.Page[task]
	who.Get(path+"?"+query).Decode(200, &p)
	names := make([]string, len(p.Items))
	for i, item := range p.Items {
		names[i] = item.Title
	}
	return strings.Join(names, " ")
}

func TestListsAreFilteredAndSorted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.user("Ada"), w.user("Bob")
		garden, yard := w.Project(ada), w.Project(bob)
		w.create(ada, garden, members{"title": "a", "priority": "low", "due_at": "2026-05-01T12:00:00Z"})
		w.create(ada, garden, members{"title": "b", "priority": "high", "status": "done", "assignee_id": bob.UserID})
		w.create(ada, garden, members{"title": "c", "status": "in_progress", "due_at": "2026-05-01T11:00:00Z"})
		w.create(ada, garden, members{"title": "d", "priority": "low", "assignee_id": ada.UserID})
		w.create(bob, yard, members{"title": "e", "assignee_id": ada.UserID})
		w.create(bob, yard, members{"title": "f"})

		list := tasksOf(garden)
		for query, want := range map[string]string{
			"":                                   "d c b a",
			"sort=created_at":                    "a b c d",
			"sort=-updated_at":                   "d c b a",
			"sort=due_at":                        "c a b d",
			"sort=-due_at":                       "a c d b",
			"sort=priority":                      "a d c b",
			"sort=-priority":                     "b c d a",
			"q=A":                                "a",
			"q=ab":                               "",
			"q=%25":                              "",
			"q=":                                 "d c b a",
			"q=B&status=done":                    "b",
			"status=done":                        "b",
			"status=in_progress":                 "c",
			"priority=low":                       "d a",
			"assignee_id=me":                     "d",
			"assignee_id=none":                   "c a",
			"assignee_id=" + bob.UserID.String(): "b",
			"assignee_id=" + garden.ProjectID.String():                              "",
			"due_before=2026-05-01T12:00:00Z":                                       "c",
			"due_after=2026-05-01T12:00:00Z":                                        "a",
			"due_after=2026-05-01T13:00:00%2B02:00":                                 "c a",
			"due_after=2026-05-01T11:00:00Z&due_before=2026-05-01T11:00:00.000001Z": "c",
			"priority=low&assignee_id=none&sort=due_at":                             "a",
		} {
			require.Equal(t, want, titles(t, ada, list, query), query)
		}
		own := "/api/v1/tasks"
		for query, want := range map[string]string{
			"":                                   "e d c b a",
			"sort=priority":                      "a d c e b",
			"completed=true":                     "b",
			"completed=false":                    "e d c a",
			"completed=false&status=done":        "",
			"assignee_id=me":                     "e d",
			"assignee_id=none":                   "c a",
			"assignee_id=" + bob.UserID.String(): "b",
			"assignee_id=" + ada.UserID.String(): "e d",
			"project_id=" + garden.ProjectID.String():                "d c b a",
			"project_id=" + yard.ProjectID.String():                  "e",
			"project_id=" + w.inbox(ada).ProjectID.String():          "",
			"project_id=00000000-0000-0000-0000-000000000000":        "",
			"project_id=" + yard.ProjectID.String() + "&status=done": "",
			"due_before=2026-05-01T12:00:00Z":                        "c",
		} {
			require.Equal(t, want, titles(t, ada, own, query), query)
		}
		require.Equal(t, "f e b", titles(t, bob, own, ""))
		require.Empty(t, titles(t, w.admin("Root"), own, ""), "an admin's own list is not everybody's")
	})
}

func TestListsAreWalkedByCursor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		for _, due := range []any{"2026-05-01T12:00:00Z", nil, "2026-05-01T12:00:00Z", nil, "2026-04-01T12:00:00Z"} {
			w.create(ada, garden, members{"due_at": due, "assignee_id": ada.UserID})
		}
		for _, list := range []string{tasksOf(garden), "/api/v1/tasks"} {
			for _, sort := range []string{"created_at", "-due_at", "due_at", "priority", "-updated_at"} {
				seen, pages := map[string]bool{}, 0
				next := list + "?limit=2&sort=" + sort
				for next != "" {
					var p httpservertest.Page[task]
					answer := ada.Get(next).Decode(200, &p)
					require.Equal(t, p.HasMore, p.NextCursor != nil)
					for _, item := range p.Items {
						require.False(t, seen[item.ID.String()], "%s by %s: twice", list, sort)
						seen[item.ID.String()] = true
					}
					next = ""
					if pages++; p.HasMore {
						require.Contains(t, answer.Header.Get("Link"), `rel="next"`)
						next = list + "?limit=2&sort=" + sort + "&cursor=" + *p.NextCursor
					}
				}
				require.Equal(t, 3, pages)
				require.Len(t, seen, 5)
			}
		}
	})
}

func TestACursorBelongsToItsList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden, yard := w.Project(ada), w.Project(ada)
		for range 3 {
			w.create(ada, garden, nil)
			w.create(ada, yard, nil)
		}
		var p httpservertest.Page[task]
		ada.Get(tasksOf(garden)+"?limit=1").Decode(200, &p)
		cursor := "cursor=" + *p.NextCursor
		ada.Get(tasksOf(garden) + "?limit=2&" + cursor).Require(200)
		for _, other := range []string{
			tasksOf(yard) + "?" + cursor, "/api/v1/tasks?" + cursor, tasksOf(garden) + "?sort=created_at&" + cursor,
			tasksOf(garden) + "?status=todo&" + cursor, tasksOf(garden) + "?cursor=" + url.QueryEscape("abc_-"),
			tasksOf(garden) + "?assignee_id=me&" + cursor,
		} {
			ada.Get(other).RequireProblem(422, "cursor_mismatch")
		}
	})
}
