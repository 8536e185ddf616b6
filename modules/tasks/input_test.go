package tasks_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// refusedMembers returns values that are refused, by the name of the member, on POST as on PATCH.
func refusedMembers() map[string][]string {
	textual := []string{`1`, `true`, `null`, `{}`, `[]`, `["a"]`, `1e400`}
	return map[string][]string{
		"title": append([]string{
			`""`, `"  \n "`, `"a\u0000b"`, `"\u200b\u3164"`, `"\u0301"`, `"a\u001bb"`,
			`"` + strings.Repeat("a", 501) + `"`, `"` + strings.Repeat("ä", 501) + `"`,
		}, textual...),
		"description": append([]string{`"\u0007"`, `"` + strings.Repeat("a", 10_001) + `"`}, textual...),
		"status":      append([]string{`""`, `"Done"`, `"open"`, `"done "`, `"todo\u0000"`}, textual...),
		"priority":    append([]string{`""`, `"urgent"`, `"HIGH"`, `2`}, textual...),
		"assignee_id": {
			`""`, `"me"`, `"none"`, `1`, `true`, `{}`, `[]`, `"0198c7a2"`, `"{0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55}"`,
			`"0198c7a23b1e7c119a440c1b8e0f2d55"`, `"urn:uuid:0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`,
		},
		"due_at": {
			`""`, `"tomorrow"`, `"2026-05-01"`, `"2026-05-01T12:00:00"`, `"2026-02-30T12:00:00Z"`, `1770000000`, `true`, `{}`,
			`"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59-01:00"`, `"+10000-01-01T00:00:00Z"`, `"2026-05-01T12:00:00,5Z"`,
		},
		"id":           {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
		"Title":        {`"Dig"`},
		"version":      {`7`},
		"completed_at": {`"2026-05-01T12:00:00Z"`, `null`},
		"project_id":   {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
		"created_by":   {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
	}
}

func TestMembersThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		made := w.create(ada, garden, nil)
		before := ada.Get(made.path()).ETag()
		refused := refusedMembers()
		for _, name := range slices.Sorted(maps.Keys(refused)) {
			for _, value := range refused[name] {
				alone := fmt.Sprintf(`{%q: %s}`, name, value)
				withTitle := alone
				if name != "title" {
					withTitle = fmt.Sprintf(`{"title": "Dig", %q: %s}`, name, value)
				}
				for _, answer := range []interface {
					Locations() []string
				}{
					ada.Post(tasksOf(garden), withTitle).RequireProblem(statusOf(value), codeOf(value)),
					ada.Post("/api/v1/tasks", withTitle).RequireProblem(statusOf(value), codeOf(value)),
					ada.Patch(made.path(), alone).RequireProblem(statusOf(value), codeOf(value)),
				} {
					want := "body." + name
					if statusOf(value) == 400 {
						want = "body"
					}
					require.Equal(t, []string{want}, answer.Locations(), "%.80s", withTitle)
				}
			}
		}
		require.Equal(t, before, ada.Get(made.path()).ETag())
		w.ExpectNoEvents()
	})
}

// A number beyond all numbers cannot be read at all.
func statusOf(value string) int {
	if value == `1e400` {
		return 400
	}
	return 422
}

func codeOf(value string) string {
	if statusOf(value) == 400 {
		return "malformed"
	}
	return "validation_failed"
}

func TestBodiesThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		made := w.create(ada, garden, nil)
		for _, c := range []struct {
			body   string
			status int
		}{
			{``, 400},
			{`{`, 400},
			{`{"title": "Dig"`, 400},
			{"{\"title\": \"\xff\"}", 400},
			{`{"title": "Dig"}}`, 400},
			{`null`, 422},
			{`[]`, 422},
			{`"Dig"`, 422},
			{`1`, 422},
			{`true`, 422},
			{`{"title": "` + strings.Repeat("a", 1<<20) + `"}`, 413},
		} {
			ada.Post(tasksOf(garden), c.body).Require(c.status)
			ada.Post("/api/v1/tasks", c.body).Require(c.status)
			ada.Patch(made.path(), c.body).Require(c.status)
			if c.body != "" { // that is the toggle
				ada.Patch(made.path()+"/complete", c.body).Require(c.status)
			}
		}
		ada.Post(tasksOf(garden), `{}`).RequireProblem(422, "validation_failed")
		for _, body := range []string{
			`{}`, `{"completed": null}`, `{"completed": "true"}`, `{"completed": 1}`, `{"completed": []}`,
			`{"completed": true, "status": "done"}`,
		} {
			answer := ada.Patch(made.path()+"/complete", body).RequireProblem(422, "validation_failed")
			require.Len(t, answer.Locations(), 1)
			require.True(t, strings.HasPrefix(answer.Locations()[0], "body."), "%s: %v", body, answer.Locations())
		}
		ada.Post(tasksOf(garden), `title=Dig`, "Content-Type", "application/x-www-form-urlencoded").Require(415)
		w.ExpectNoEvents()
	})
}

func TestParametersThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		made := w.create(ada, garden, nil)
		both := map[string][]string{
			"limit":       {"0", "101", "-1", "x", "", "1.5", "99999999999999999999"},
			"sort":        {"title", "", "--created_at", "created_at,id", "CREATED_AT"},
			"status":      {"open", "", "DONE", "todo,done"},
			"priority":    {"urgent", "", "2"},
			"assignee_id": {"", "nobody", "Me", "0198c7a2", "%00", "'; DROP TABLE tasks; --"},
			"due_before":  {"", "tomorrow", "2026-05-01", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"},
			"due_after":   {"", "tomorrow", "2026-05-01T12:00:00 02:00"},
			"cursor":      {"", "!", "%00", "ä"},
			"offset":      {"1"},
			"Status":      {"done"},
		}
		own := map[string][]string{"project_id": {"", "me", "0198c7a2"}, "completed": {"", "yes", "2", "null"}}
		for list, parameters := range map[string]map[string][]string{
			tasksOf(garden): both, "/api/v1/tasks": both, "/api/v1/tasks?": own,
		} {
			list = strings.TrimSuffix(list, "?")
			for name, values := range parameters {
				for _, value := range values {
					value = strings.ReplaceAll(strings.ReplaceAll(value, " ", "%20"), ";", "%3B")
					answer := ada.Get(list + "?" + name + "=" + value)
					require.Equal(t, 422, answer.Status, "%s=%s: %s", name, value, answer.Body)
					require.Equal(t, []string{"query." + name}, answer.Locations(), "%s=%s", name, value)
				}
			}
			ada.Get(list+"?status=todo&status=done").RequireProblem(422, "validation_failed")
		}
		ada.Get(tasksOf(garden)+"?completed=true").RequireProblem(422, "validation_failed")
		ada.Get(tasksOf(garden)+"?project_id="+garden.ProjectID.String()).RequireProblem(422, "validation_failed")

		for _, id := range []string{"x", "1", "0198c7a2", "%00", strings.ToUpper("urn:uuid:") + made.ID.String(), "me"} {
			for _, answer := range []interface {
				Locations() []string
			}{
				ada.Get("/api/v1/tasks/"+id).RequireProblem(422, "validation_failed"),
				ada.Patch("/api/v1/tasks/"+id, members{}).RequireProblem(422, "validation_failed"),
				ada.Patch("/api/v1/tasks/"+id+"/complete", nil).RequireProblem(422, "validation_failed"),
				ada.Delete("/api/v1/tasks/"+id).RequireProblem(422, "validation_failed"),
				ada.Get("/api/v1/projects/"+id+"/tasks").RequireProblem(422, "validation_failed"),
				ada.Post("/api/v1/projects/"+id+"/tasks", members{"title": "Dig"}).RequireProblem(422, "validation_failed"),
			} {
				require.Equal(t, []string{"path.id"}, answer.Locations(), id)
			}
		}
		ada.Get(made.path()+"?x=1").RequireProblem(422, "validation_failed")
		ada.Do("PUT", made.path(), members{}).Require(405)
		w.ExpectNoEvents()
	})
}

func TestTextIsCleanedAndKeptAsItIsOtherwise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		for sent, kept := range map[string]string{
			"  Dig \r\n":                "Dig",
			"a\r\nb\rc\td":              "a\nb\nc\td",
			"<b>'; DROP TABLE tasks;--": "<b>'; DROP TABLE tasks;--",
			"日本 🌱 é é %s ${x}":          "日本 🌱 é é %s ${x}",
			strings.Repeat("ä", 500):    strings.Repeat("ä", 500),
		} {
			made := w.create(ada, garden, members{"title": sent, "description": sent})
			require.Equal(t, kept, made.Title)
			require.Equal(t, kept, made.Description)
			var read task
			ada.Get(made.path()).Decode(200, &read)
			require.Equal(t, made, read)
		}
		long := strings.Repeat("ö", 10_000)
		require.Equal(t, long, w.create(ada, garden, members{"description": long}).Description)
	})
}
