package e2e

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/e2e/harness"
)

// TestAPATCHDoesWhatItSaysAndNoMore compares random PATCHes of a task with a model of it: an absent member leaves the
// value, null clears what can be cleared, a value sets it; if any member is refused nothing is changed at all; and the
// version goes on exactly when something changed.
func TestAPATCHDoesWhatItSaysAndNoMore(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		task := ann.Task(ann.Project("Garden").ID, "Dig", nil)
		path := "/tasks/" + task.ID
		good := map[string][]any{
			"title": {"Dig", "Mow", "äöü", strings.Repeat("x", 500)}, "description": {"", "Deep", "two\nlines"},
			"status": {"todo", "in_progress", "done"}, "priority": {"low", "medium", "high"},
			"assignee_id": {nil, ann.ID, bob.ID}, "due_at": {nil, "2026-05-01T12:00:00.000000Z", "2027-01-01T00:00:00.000001Z"},
		}
		bad := map[string][]any{
			"title": {nil, "", " ", 1, strings.Repeat("x", 501)}, "description": {nil, false, strings.Repeat("x", 10001)},
			"status": {nil, "open", "Done", 0}, "priority": {nil, "urgent"}, "assignee_id": {"", "nobody", 1, task.ID},
			"due_at": {"", "tomorrow", "2026-05-01", 0}, "id": {task.ID}, "created_at": {nil}, "Title": {"Dig"}, "nothing": {1},
		}
		show := func() (map[string]any, string) {
			a := ann.Get(path).Wants(200)
			return harness.Into[map[string]any](a), a.Header.Get("ETag")
		}
		rapid.Check(t, func(t *rapid.T) {
			before, tag := show()
			body, refused := map[string]any{}, false
			for _, member := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
				"title", "description", "status", "priority", "assignee_id", "due_at",
			}), 0, 6, rapid.ID).Draw(t, "members") {
				body[member] = rapid.SampledFrom(good[member]).Draw(t, member)
			}
			if rapid.IntRange(0, 3).Draw(t, "bad") == 0 {
				member := rapid.SampledFrom([]string{
					"title", "description", "status", "priority", "assignee_id", "due_at", "id", "created_at", "Title", "nothing",
				}).Draw(t, "bad member")
				body[member], refused = rapid.SampledFrom(bad[member]).Draw(t, "bad value"), true
			}
			want := maps.Clone(before)
			if !refused {
				maps.Copy(want, body)
			}
			answer, err := ann.Try("PATCH", "/api/v1"+path, body)
			require.NoError(t, err)
			after, tagAfter := show()
			if refused {
				require.Equal(t, 422, answer.Status, "%v: %s", body, answer.Body)
			} else {
				require.Equal(t, 200, answer.Status, "%v: %s", body, answer.Body)
				require.Equal(t, tagAfter, answer.Header.Get("ETag"))
			}
			require.Equal(t, want["status"] == "done", after["completed_at"] != nil)
			changed := tag != tagAfter
			for _, member := range []string{"updated_at", "completed_at"} { // these follow
				if changed {
					want[member] = after[member]
				}
			}
			require.Equal(t, want, after, "%v", body)
			same := true
			for member, value := range body {
				same = same && (refused || before[member] == value)
			}
			require.Equal(t, !same && !refused, changed, "%v changed %s to %s", body, tag, tagAfter)
		})
	})
}
