package organizations_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/ids"
)

// names returns the names of the first page of organisations in order.
func names(t *testing.T, who person, query string) string {
	t.Helper()
	var p httpservertest.Page[organization]
	who.Get(organizationsPath+"?"+query).Decode(200, &p)
	all := make([]string, len(p.Items))
	for i, item := range p.Items {
		all[i] = item.Name
	}
	return strings.Join(all, " ")
}

func TestListsAreFilteredAndSorted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob, root := w.User("Ada"), w.User("Bob"), w.Admin("Root")
		b, a := w.create(ada, "b"), w.create(bob, "a")
		w.create(ada, "C_ß")
		w.create(bob, "d")
		w.add(bob, a, ada, "member")
		ada.Patch(b.path(), body{"slug": "changed-last"}).Require(200)
		for query, want := range map[string]string{
			"":                        "C_ß a b",
			"scope=own":               "C_ß a b",
			"sort=created_at":         "b a C_ß",
			"sort=-updated_at":        "b C_ß a",
			"sort=updated_at":         "a C_ß b",
			"sort=name":               "C_ß a b",
			"sort=-name":              "b a C_ß",
			"limit=1":                 "C_ß",
			"q=":                      "C_ß a b",
			"q=A":                     "a b", // the name of one and the slug of the other
			"q=%20LAST%20":            "b",
			"q=_":                     "C_ß",
			"q=%25":                   "",
			"q=%E1%BA%9E":             "C_ß",
			"q=nothing":               "",
			"q=c&sort=name&limit=100": "C_ß b",
		} {
			require.Equal(t, want, names(t, ada, query), query)
		}
		for query, want := range map[string]string{
			"":                      "",
			"scope=all&sort=name":   "C_ß a b d",
			"scope=all":             "d C_ß a b",
			"scope=all&q=changed":   "b",
			"scope=all&sort=-name":  "d b a C_ß",
			"scope=own&sort=-name":  "",
			"scope=all&q=D&limit=1": "d",
		} {
			require.Equal(t, want, names(t, root, query), query)
		}
		bob.Get(organizationsPath+"?scope=all").RequireProblem(403, "forbidden")

		var p httpservertest.Page[organization]
		ada.Get(organizationsPath+"?sort=name").Decode(200, &p)
		require.Equal(t, []string{"owner", "member", "owner"}, []string{p.Items[0].Role, p.Items[1].Role, p.Items[2].Role})
		root.Get(organizationsPath+"?scope=all&limit=1").Decode(200, &p)
		require.Equal(t, "owner", p.Items[0].Role, "as which a system admin acts")
		answer := root.Get(organizationsPath).Require(200)
		require.JSONEq(t, `{"items":[],"next_cursor":null,"has_more":false}`, string(answer.Body))
	})
}

func TestMembersAreListed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		list := func(query string) string {
			t.Helper()
			var p httpservertest.Page[member]
			x.reader.Get(x.members()+"?"+query).Decode(200, &p)
			all := make([]string, len(p.Items))
			for i, m := range p.Items {
				all[i] = m.DisplayName
			}
			return strings.Join(all, " ")
		}
		w.add(x.owner, x.organization, x.stranger, "member")
		for query, want := range map[string]string{
			"":                            "Eve Mem Ada Owen",
			"sort=-created_at":            "Eve Mem Ada Owen",
			"sort=created_at":             "Owen Ada Mem Eve",
			"role=member":                 "Eve Mem",
			"role=member&sort=created_at": "Mem Eve",
			"role=owner":                  "Owen",
			"role=admin&limit=1":          "Ada",
		} {
			require.Equal(t, want, list(query), query)
		}
		x.owner.Delete(x.member(x.admin)).Require(204)
		require.Empty(t, list("role=admin"))
		x.admin.Get(x.members()+"?role=admin").RequireProblem(404, "not_found") // and not an empty page
		require.Equal(t, "Eve Mem Owen", list(""))
	})
}

// A list is walked by the link to the next page, and sees each item once.
func TestListsAreWalked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, root := w.User("Ada"), w.Admin("Root")
		var last organization
		for i := range 5 {
			last = w.create(ada, fmt.Sprintf("same %d", i%2))
		}
		for i := range 4 {
			w.add(ada, last, w.User(fmt.Sprintf("member%d", i)), "member")
		}
		for _, c := range []struct {
			who  person
			path string
			sort []string
		}{
			{ada, organizationsPath + "?", []string{"created_at", "updated_at", "name"}},
			{root, organizationsPath + "?scope=all&", []string{"created_at", "updated_at", "name"}},
			{ada, last.members() + "?", []string{"created_at"}},
		} {
			for _, sort := range c.sort {
				for _, direction := range []string{"", "-"} {
					seen, pages, next := map[ids.ID]bool{}, 0, c.path+"limit=2&sort="+direction+sort
					for next != "" {
						var p httpservertest.Page[struct {
							ID     ids.ID `json:"id"`
							UserID ids.ID `json:"user_id"`
						}]
						answer := c.who.Get(next).Decode(200, &p)
						for _, item := range p.Items {
							id := item.ID
							if id.IsZero() {
								id = item.UserID
							}
							require.False(t, seen[id], "by %s: twice", sort)
							seen[id] = true
						}
						pages++
						require.Equal(t, p.HasMore, p.NextCursor != nil)
						next = linked(t, answer.Header.Get("Link"), p.NextCursor)
					}
					require.Equal(t, 3, pages, sort)
					require.Len(t, seen, 5, sort)
				}
			}
		}
	})
}

// linked returns the path of the next page, which Link and next_cursor must agree about; "" on the last page.
func linked(t *testing.T, link string, cursor *string) string {
	t.Helper()
	if cursor == nil {
		require.Empty(t, link)
		return ""
	}
	target, relation, _ := strings.Cut(link, ";")
	require.Equal(t, `rel="next"`, strings.TrimSpace(relation))
	next, err := url.Parse(strings.Trim(target, "<>"))
	require.NoError(t, err)
	require.Equal(t, *cursor, next.Query().Get("cursor"))
	return next.RequestURI()
}

func TestACursorBelongsToItsList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		root, ada := w.Admin("Root"), w.User("Ada")
		one, two := w.create(root, "Acme"), w.create(root, "Acme")
		w.create(root, "Acme")
		for _, o := range []organization{one, two} {
			w.add(root, o, ada, "member")
		}
		var p httpservertest.Page[organization]
		root.Get(organizationsPath+"?limit=1").Decode(200, &p)
		cursor := "cursor=" + *p.NextCursor
		root.Get(organizationsPath + "?limit=2&" + cursor).Require(200)
		root.Get(organizationsPath + "?scope=own&q=&" + cursor).Require(200)
		for _, other := range []string{
			"sort=created_at&" + cursor, "sort=name&" + cursor, "q=a&" + cursor, "scope=all&" + cursor, "cursor=abc_-", cursor + "A",
		} {
			root.Get(organizationsPath+"?"+other).RequireProblem(422, "cursor_mismatch")
		}
		root.Get(one.members()+"?limit=1").Decode(200, &p)
		cursor = "cursor=" + *p.NextCursor
		root.Get(one.members() + "?" + cursor).Require(200)
		for _, other := range []string{
			two.members() + "?" + cursor, one.members() + "?role=member&" + cursor, one.members() + "?sort=created_at&" + cursor,
			organizationsPath + "?" + cursor,
		} {
			root.Get(other).RequireProblem(422, "cursor_mismatch")
		}
	})
}
