package projects_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

// refusedMembers are values that are refused, by the name of the member, on POST as on PATCH.
func refusedMembers() map[string][]string {
	odd := []string{`1`, `1.5`, `true`, `null`, `{}`, `[]`, `["a"]`, `1e400`}
	return map[string][]string{
		"name": append([]string{
			`""`, `"  \n "`, `"a\u0000b"`, `"\u200b\u3164"`, `"\u0301"`, `"a\u001bb"`, `"a\u007fb"`,
			`"` + strings.Repeat("a", 201) + `"`, `"` + strings.Repeat("ä", 201) + `"`, `"` + strings.Repeat("🌱", 201) + `"`,
		}, odd...),
		"description": append([]string{
			`"\u0007"`, `"a\u0000b"`, `"` + strings.Repeat("ä", 10_001) + `"`,
		}, odd...),
		"id":          {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
		"Name":        {`"Garden"`},
		"owner_id":    {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
		"inbox":       {`true`, `false`},
		"version":     {`7`},
		"task_counts": {`{}`, `{"todo": 0, "in_progress": 0, "done": 0}`},
		"created_at":  {`"2026-05-01T12:00:00Z"`},
		"x":           {`1`, `null`},
	}
}

func TestMembersThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		made := w.create(ada, "Garden")
		before := ada.Get(made.path()).ETag()
		requireRefused := func(answer interface{ Locations() []string }, name, value string) {
			t.Helper()
			want := "body." + name
			if value == `1e400` {
				want = "body"
			}
			require.Equal(t, []string{want}, answer.Locations(), "%s: %.80s", name, value)
		}
		refused := refusedMembers()
		for _, name := range slices.Sorted(maps.Keys(refused)) {
			for _, value := range refused[name] {
				alone := fmt.Sprintf(`{%q: %s}`, name, value)
				whole := alone
				if name != "name" {
					whole = fmt.Sprintf(`{"name": "Garden", %q: %s}`, name, value)
				}
				status, code := 422, "validation_failed"
				if value == `1e400` { // a number beyond all numbers cannot be read at all
					status, code = 400, "malformed"
				}
				requireRefused(ada.Post(projectsPath, whole).RequireProblem(status, code), name, value)
				requireRefused(ada.Patch(made.path(), alone).RequireProblem(status, code), name, value)
			}
		}
		for _, value := range []string{`""`, `"Active"`, `"open"`, `"active "`, `"archived\u0000"`, `null`, `1`, `true`, `[]`, `{}`} {
			body := fmt.Sprintf(`{"status": %s}`, value)
			requireRefused(ada.Patch(made.path(), body).RequireProblem(422, "validation_failed"), "status", value)
		}
		requireRefused(ada.Post(projectsPath, `{"name": "Garden", "status": "active"}`).
			RequireProblem(422, "validation_failed"), "status", "active")
		requireRefused(ada.Post(projectsPath, `{}`).RequireProblem(422, "validation_failed"), "name", "missing")

		// All that is wrong is told at once.
		locations := ada.Post(projectsPath, members{"name": " ", "description": "\x00"}).
			RequireProblem(422, "validation_failed").Locations()
		require.Equal(t, []string{"body.name", "body.description"}, locations)
		require.Equal(t, before, ada.Get(made.path()).ETag())
		require.EqualValues(t, 1, w.Count("projects WHERE owner_id = ?", ada.UserID))
		w.ExpectNoEvents()
	})
}

func TestBodiesThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		made := w.create(ada, "Garden")
		for _, c := range []struct {
			body   string
			status int
		}{
			{``, 400},
			{`{`, 400},
			{`{"name": "Garden"`, 400},
			{"{\"name\": \"\xff\"}", 400},
			{`{"name": "Garden"}}`, 400},
			{`null`, 422},
			{`[]`, 422},
			{`"Garden"`, 422},
			{`1`, 422},
			{`true`, 422},
			{`{"name": "` + strings.Repeat("a", 1<<20) + `"}`, 413},
		} {
			ada.Post(projectsPath, c.body).Require(c.status)
			ada.Patch(made.path(), c.body).Require(c.status)
		}
		ada.Post(projectsPath, `name=Garden`, "Content-Type", "application/x-www-form-urlencoded").Require(415)
		ada.Patch(made.path(), `name=Garden`, "Content-Type", "text/plain").Require(415)
		w.ExpectNoEvents()
	})
}

func TestParametersThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		made := w.create(ada, "Garden")
		for name, values := range map[string][]string{
			"limit":  {"0", "101", "-1", "x", "", "1.5", "99999999999999999999"},
			"sort":   {"id", "", "--name", "name,id", "NAME", "task_counts"},
			"status": {"open", "", "ACTIVE", "active,archived"},
			"scope":  {"mine", "", "All", "%00"},
			"cursor": {"", "!", "%00", "ä"},
			"offset": {"1"},
			"Status": {"active"},
		} {
			for _, value := range values {
				answer := ada.Get(projectsPath+"?"+name+"="+value).RequireProblem(422, "validation_failed")
				require.Equal(t, []string{"query." + name}, answer.Locations(), "%s=%s", name, value)
			}
		}
		ada.Get(projectsPath+"?status=active&status=archived").RequireProblem(422, "validation_failed")
		for _, id := range []string{
			"x", "1", "0198c7a2", "%00", "me", "%7B" + made.ID.String() + "%7D", "urn:uuid:" + made.ID.String(),
			strings.ReplaceAll(made.ID.String(), "-", ""),
		} {
			for _, answer := range []interface{ Locations() []string }{
				ada.Get(projectsPath+"/"+id).RequireProblem(422, "validation_failed"),
				ada.Patch(projectsPath+"/"+id, members{}).RequireProblem(422, "validation_failed"),
				ada.Delete(projectsPath+"/"+id).RequireProblem(422, "validation_failed"),
			} {
				require.Equal(t, []string{"path.id"}, answer.Locations(), id)
			}
		}
		ada.Get(projectsPath+"/"+ids.Nil.String()).RequireProblem(404, "not_found")
		ada.Get(made.path()+"?x=1").RequireProblem(422, "validation_failed")
		ada.Post(projectsPath+"?x=1", members{"name": "Garden"}).RequireProblem(422, "validation_failed")
		ada.Do("PUT", made.path(), members{}).Require(405)
		w.ExpectNoEvents()
	})
}

func TestTextIsCleanedAndKeptAsItIsOtherwise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user()
		for sent, kept := range map[string]string{
			"  Garden \r\n":                "Garden",
			"a\r\nb\rc\td":                 "a\nb\nc\td",
			"<b>'; DROP TABLE projects;--": "<b>'; DROP TABLE projects;--",
			"日本 🌱 é é %s ${x}":             "日本 🌱 é é %s ${x}",
			strings.Repeat("🌱", 200):       strings.Repeat("🌱", 200),
		} {
			var made project
			ada.Post(projectsPath, members{"name": sent, "description": sent}).Decode(201, &made)
			require.Equal(t, kept, made.Name)
			require.Equal(t, kept, made.Description)
			require.Equal(t, made, w.read(ada, made))
		}
		long := strings.Repeat("ö", 10_000)
		var made project
		ada.Post(projectsPath, members{"name": "Garden", "description": long}).Decode(201, &made)
		require.Equal(t, long, w.read(ada, made).Description)
	})
}
