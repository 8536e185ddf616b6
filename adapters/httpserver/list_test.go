package httpserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
)

type notesPage struct {
	Items      []Note  `json:"items"`
	NextCursor *string `json:"next_cursor"`
	HasMore    bool    `json:"has_more"`
}

func TestAListIsWalkedByItsLinks(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)

	empty := user.Get("/api/v1/notes").Require(200)
	require.JSONEq(t, `{"items":[],"next_cursor":null,"has_more":false}`, string(empty.Body))
	require.Empty(t, empty.Header.Get("Link"))
	require.Equal(t, "no-store", empty.Header.Get("Cache-Control"))

	for i := range 25 {
		user.Post("/api/v1/notes", fmt.Sprintf(`{"text":"note %d"}`, i)).Require(201)
	}
	user.Post("/api/v1/notes", `{"text":"x"}`).RequireProblem(409, "notes_full")

	var first notesPage
	user.Get("/api/v1/notes").Decode(200, &first)
	require.Len(t, first.Items, 20)

	var texts []string
	for next := "/api/v1/notes?limit=7&done=false&sort=text"; next != ""; {
		var p notesPage
		a := user.Get(next).Decode(200, &p)
		for _, n := range p.Items {
			texts = append(texts, n.Text)
		}
		link := a.Header.Get("Link")
		require.Equal(t, p.HasMore, p.NextCursor != nil)
		require.Equal(t, p.HasMore, link != "")
		next = ""
		if link != "" {
			require.Regexp(t, `^</api/v1/notes\?[^>]+>; rel="next"$`, link)
			require.Regexp(t, `^[A-Za-z0-9_-]+$`, *p.NextCursor)
			require.Contains(t, link, "cursor="+*p.NextCursor)
			require.Contains(t, link, "limit=7")
			next = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
	}
	require.Len(t, texts, 25)
}

func TestACursorBelongsToItsListAlone(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	user := s.LogIn(t, auth.RoleUser)
	for range 3 {
		user.Post("/api/v1/notes", `{"text":"x"}`).Require(201)
	}
	var p notesPage
	user.Get("/api/v1/notes?limit=1").Decode(200, &p)
	cursor := *p.NextCursor

	for _, same := range []string{"", "&limit=2", "&sort=-updated_at", "&done=false", "&done=false&sort=-updated_at"} {
		user.Get("/api/v1/notes?cursor=" + cursor + same).Require(200)
	}
	for _, other := range []string{"&sort=text", "&sort=updated_at", "&done=true"} {
		user.Get("/api/v1/notes?cursor="+cursor+other).RequireProblem(422, "cursor_mismatch")
	}
	for _, forged := range []string{cursor + "A", cursor[1:], "A" + cursor[1:], "abc"} {
		user.Get("/api/v1/notes?cursor="+forged).RequireProblem(422, "cursor_mismatch")
	}
	for _, form := range []string{"%20", "a.b", "%00", "a%3D", strings.Repeat("a", 2049)} {
		user.Get("/api/v1/notes?cursor="+form).RequireProblem(422, "validation_failed")
	}
}

func TestLimitAndSortAreStrict(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for _, good := range []string{"limit=1", "limit=100", "sort=text", "sort=-text"} {
		user.Get("/api/v1/notes?" + good).Require(200)
	}
	for _, bad := range []string{
		"limit=0", "limit=101", "limit=-1", "limit=", "limit", "limit=ten", "limit=1.0", "limit=1e1", "limit=9999999999999999999",
		"limit=05", "limit=%2B5", "limit=+5", "limit=%205", "limit=5%20", "limit=%EF%BC%95", "limit=0x5", "limit=1_0",
		"done=1", "done=T", "done=TRUE", "done=no", "limit=1&limit=2", "LIMIT=1", "sort=id", "sort=", "sort=--text", "sort=text,-text", "sort=TEXT", "cursor=", "page=2",
	} {
		a := user.Get("/api/v1/notes?"+bad).RequireProblem(422, "validation_failed")
		require.Len(t, a.Problem.Errors, 1, bad)
	}
	user.Get("/api/v1/notes?li%6Dit=1").Require(200)
	user.Get("/api/v1/notes?&limit=1&").Require(200)
}
