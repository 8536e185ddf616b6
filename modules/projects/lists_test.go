package projects_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/ids"
)

// names returns the names of a list's first page in order.
func names(t *testing.T, who person, query string) string {
	t.Helper()
	var p httpservertest.Page[project]
	who.Get(projectsPath+"?"+query).Decode(200, &p)
	all := make([]string, len(p.Items))
	for i, item := range p.Items {
		all[i] = item.Name
	}
	return strings.Join(all, " ")
}

func TestListsAreFilteredAndSorted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob, admin := w.user(), w.user(), w.admin()
		b, a, c := w.create(ada, "b"), w.create(ada, "a"), w.create(ada, "C")
		d := w.create(bob, "d")
		ada.Patch(b.path(), members{"description": "changed last"}).Require(200)
		ada.Patch(c.path(), members{"status": "archived"}).Require(200)
		ada.Patch(b.path(), members{"description": "changed last, indeed"}).Require(200)
		_, _ = a, d
		for query, want := range map[string]string{
			"":                              "C a b",
			"scope=own":                     "C a b",
			"sort=created_at":               "b a C",
			"sort=-created_at":              "C a b",
			"sort=updated_at":               "a C b",
			"sort=-updated_at":              "b C a",
			"sort=name":                     "C a b",
			"sort=-name":                    "b a C",
			"status=active":                 "a b",
			"status=archived":               "C",
			"status=active&sort=updated_at": "a b",
			"limit=1":                       "C",
			"q=A":                           "a b",
			"q=CHANGED+last%2c":             "b",
			"q=a&sort=name":                 "a b",
			"q=a&limit=1":                   "a",
			"q=c&status=archived":           "C",
			"q=c&status=active":             "b",
			"q=%25":                         "",
			"q=_":                           "",
			"q=":                            "C a b",
		} {
			require.Equal(t, want, names(t, ada, query), query)
		}
		require.Equal(t, "d", names(t, bob, ""))
		for query, want := range map[string]string{
			"":                                  "",
			"scope=own":                         "",
			"scope=all":                         "d C a b",
			"scope=all&sort=name":               "C a b d",
			"scope=all&status=archived":         "C",
			"scope=all&q=D":                     "d b",
			"q=d":                               "",
			"scope=all&status=active&sort=name": "a b d",
		} {
			require.Equal(t, want, names(t, admin, query), query)
		}
		bob.Get(projectsPath+"?scope=all").RequireProblem(403, "forbidden")
		answer := bob.Get(projectsPath + "?status=archived").Require(200)
		require.JSONEq(t, `{"items":[],"next_cursor":null,"has_more":false}`, string(answer.Body))
		require.Empty(t, answer.Header.Get("Link"))
	})
}

// A list is walked by the link to the next page, and sees each project once.
func TestListsAreWalked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, admin := w.user(), w.admin()
		for i := range 5 {
			w.create(ada, fmt.Sprintf("same %d", i%2))
		}
		for _, who := range []person{ada, admin} {
			for _, sort := range []string{"created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"} {
				query := "limit=2&sort=" + sort
				if who == admin {
					query += "&scope=all"
				}
				seen, pages, next := map[ids.ID]bool{}, 0, projectsPath+"?"+query
				for next != "" {
					var p httpservertest.Page[project]
					answer := who.Get(next).Decode(200, &p)
					require.Equal(t, p.HasMore, p.NextCursor != nil)
					for _, item := range p.Items {
						require.False(t, seen[item.ID], "by %s: twice", sort)
						seen[item.ID] = true
					}
					pages++
					next = linked(t, answer.Header.Get("Link"), p)
				}
				require.Equal(t, 3, pages, sort)
				require.Len(t, seen, 5, sort)
			}
		}
	})
}

// linked returns the path of the next page, which Link and next_cursor must agree about; "" on the last page.
func linked(t *testing.T, link string, p httpservertest.Page[project]) string {
	t.Helper()
	if !p.HasMore {
		require.Empty(t, link)
		return ""
	}
	target, relation, _ := strings.Cut(link, ";")
	require.Equal(t, `rel="next"`, strings.TrimSpace(relation))
	next, err := url.Parse(strings.Trim(target, "<>"))
	require.NoError(t, err)
	require.Equal(t, *p.NextCursor, next.Query().Get("cursor"))
	return next.RequestURI()
}

func TestACursorBelongsToItsList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin := w.admin()
		for range 3 {
			w.create(admin, "Garden")
		}
		var p httpservertest.Page[project]
		admin.Get(projectsPath+"?limit=1").Decode(200, &p)
		cursor := "cursor=" + *p.NextCursor
		admin.Get(projectsPath + "?limit=2&" + cursor).Require(200)
		admin.Get(projectsPath + "?sort=-created_at&" + cursor).Require(200)
		admin.Get(projectsPath + "?scope=own&q=&" + cursor).Require(200)
		for _, other := range []string{
			"sort=created_at&" + cursor, "sort=name&" + cursor, "status=active&" + cursor, "scope=all&" + cursor, "q=garden&" + cursor,
			"cursor=abc_-",
			cursor + "A", "cursor=" + strings.ToUpper(*p.NextCursor),
		} {
			admin.Get(projectsPath+"?"+other).RequireProblem(422, "cursor_mismatch")
		}
	})
}
