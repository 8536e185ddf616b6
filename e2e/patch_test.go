package e2e

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/e2e/harness"
)

// changeable is a thing that a PATCH changes, with what its members can be and what they cannot.
type changeable struct {
	path      string
	as        *harness.Person
	good, bad map[string][]any
}

// changeables are one thing for each PATCH of the document, by path. A member that also says what else may be changed
// (archiving), or needs another one (an address, a password), has tests of its own.
func changeables(p *harness.Program) map[string]changeable {
	ann, bob, admin := p.Register("Ann"), p.Register("Bob"), p.Admin()
	project, acme := ann.Project("Garden"), ann.Organization("Acme")
	ann.Member(acme.ID, bob.Email, "member")
	task := ann.Task(project.ID, "Dig", nil)
	text := func(most int) []any {
		return []any{nil, "", " ", "\u200b", "a\u0000", 1, true, []any{}, strings.Repeat("x", most+1)}
	}
	long := append([]any{nil}, text(10_000)[4:]...) // may be empty
	return map[string]changeable{
		"/users/me": {
			"/users/me", ann,
			map[string][]any{"display_name": {"Ann", "Äöü", strings.Repeat("x", 100)}},
			map[string][]any{"display_name": text(100), "email": {nil, "", "nobody", 1}, "role": {"admin"}, "is_active": {true}},
		},
		"/users/{id}": {
			"/users/" + bob.ID, admin,
			map[string][]any{"display_name": {"Bob", "Bobby"}, "role": {"user", "admin"}, "is_active": {true, false}},
			map[string][]any{
				"display_name": text(100), "role": {nil, "owner", "", 1}, "is_active": {nil, "true", 1}, "email": {"bob@example.org"},
			},
		},
		"/organizations/{id}": {
			"/organizations/" + acme.ID, ann,
			map[string][]any{"name": {"Acme", "Äcme", strings.Repeat("x", 200)}, "slug": {"acme", "a", strings.Repeat("x", 63)}},
			map[string][]any{"name": text(200), "slug": {nil, "", "A", "-", 1, strings.Repeat("x", 64)}, "role": {"member"}},
		},
		"/organizations/{id}/members/{user_id}": {
			"/organizations/" + acme.ID + "/members/" + bob.ID, ann,
			map[string][]any{"role": {"owner", "admin", "member"}},
			map[string][]any{"role": {nil, "", "user", "Owner", 1}, "user_id": {ann.ID}, "email": {ann.Email}},
		},
		"/projects/{id}": {
			"/projects/" + project.ID, ann,
			map[string][]any{
				"name": {"Garden", "Äöü", strings.Repeat("x", 200)}, "description": {"", "Green", "two\nlines"}, "status": {"active"},
			},
			map[string][]any{
				"name": text(200), "description": long, "status": {nil, "done", "Archived", 0}, "owner_id": {bob.ID},
				"organization_id": {nil, acme.ID}, "inbox": {true}, "task_counts": {nil},
			},
		},
		"/tasks/{id}": {
			"/tasks/" + task.ID, ann,
			map[string][]any{
				"title": {"Dig", "Mow", "äöü", strings.Repeat("x", 500)}, "description": {"", "Deep", "two\nlines"},
				"status": {"todo", "in_progress", "done"}, "priority": {"low", "medium", "high"},
				"assignee_id": {nil, ann.ID, bob.ID}, "due_at": {nil, "2026-05-01T12:00:00.000000Z", "2027-01-01T00:00:00.000001Z"},
			},
			map[string][]any{
				"title": text(500), "description": long, "status": {nil, "open", "Done", 0}, "priority": {nil, "urgent"},
				"assignee_id": {"", "nobody", 1, task.ID}, "due_at": {"", "tomorrow", "2026-05-01", 0},
				"project_id": {project.ID}, "created_by": {bob.ID}, "completed_at": {nil},
			},
		},
		"/tasks/{id}/complete": {
			"/tasks/" + ann.Task(project.ID, "Mow", nil).ID, ann, nil, nil, // TestComplete of the module
		},
		"/comments/{id}": {
			"/comments/" + ann.Comment(task.ID, "Deep").ID, ann,
			map[string][]any{"body": {"Deep", "Deeper", "two\nlines", strings.Repeat("x", 10_000)}},
			map[string][]any{"body": text(10_000), "author_id": {bob.ID}, "task_id": {task.ID}},
		},
	}
}

// TestAPATCHDoesWhatItSaysAndNoMore compares random PATCHes of everything that can change with a model of it: an absent
// member leaves the value, null clears what can be cleared, a value sets it; if any member is refused nothing is changed
// at all; and the version goes on exactly when something changed.
func TestAPATCHDoesWhatItSaysAndNoMore(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		known := changeables(p)
		for _, o := range p.Operations() {
			if o.Method != http.MethodPatch || !slices.Contains(promised, name(o)) {
				continue // another module's, which tries it by itself
			}
			c, ok := known[strings.TrimPrefix(o.Path, "/api/v1")]
			require.True(t, ok, "%s: add it to what is tried here", name(o))
			if c.good != nil {
				t.Run(o.ID, func(t *testing.T) { rapid.Check(t, c.tryRandomly) })
			}
		}
	})
}

func (c changeable) show() (map[string]any, string) {
	a := c.as.Get(c.path).Wants(200)
	return harness.Into[map[string]any](a), a.Header.Get("ETag")
}

func (c changeable) tryRandomly(t *rapid.T) {
	before, tag := c.show()
	body, refused := map[string]any{}, false
	settable := slices.Sorted(maps.Keys(c.good))
	for _, member := range rapid.SliceOfNDistinct(rapid.SampledFrom(settable), 0, len(settable), rapid.ID).Draw(t, "members") {
		body[member] = rapid.SampledFrom(c.good[member]).Draw(t, member)
	}
	if rapid.IntRange(0, 3).Draw(t, "bad") == 0 {
		bad := maps.Clone(c.bad)
		maps.Copy(bad, map[string][]any{"id": {"x"}, "created_at": {nil}, "version": {7}, "nothing": {1}, "": {1}})
		bad[strings.ToUpper(settable[0])] = c.good[settable[0]]
		member := rapid.SampledFrom(slices.Sorted(maps.Keys(bad))).Draw(t, "bad member")
		body[member], refused = rapid.SampledFrom(bad[member]).Draw(t, "bad value"), true
	}
	want := maps.Clone(before)
	if !refused {
		maps.Copy(want, body)
	}
	answer, err := c.as.Try("PATCH", "/api/v1"+c.path, body)
	require.NoError(t, err)
	after, tagAfter := c.show()
	if refused {
		require.Equal(t, 422, answer.Status, "%v: %s", body, answer.Body)
	} else {
		require.Equal(t, 200, answer.Status, "%v: %s", body, answer.Body)
		require.Equal(t, tagAfter, answer.Header.Get("ETag"))
		require.Equal(t, after, harness.Into[map[string]any](answer))
	}
	if status, isTask := after["status"]; isTask && slices.Contains(settable, "due_at") {
		require.Equal(t, status == "done", after["completed_at"] != nil)
	}
	changed := tag != tagAfter
	for _, member := range []string{"updated_at", "completed_at"} { // these follow
		if value, is := after[member]; is && changed {
			want[member] = value
		}
	}
	require.Equal(t, want, after, "%v", body)
	same := true
	for member, value := range body {
		same = same && (refused || before[member] == value)
	}
	require.Equal(t, !same && !refused, changed, "%v changed %s to %s", body, tag, tagAfter)
}
