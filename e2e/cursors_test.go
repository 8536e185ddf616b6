package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestACursorServesOnlyTheListItCameFrom takes a cursor from every list of the document to every other, to the same
// list with another order or filter, of another parent, and with one letter changed: each time it is refused. With
// another limit it is taken.
func TestACursorServesOnlyTheListItCameFrom(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		admin, bob := p.Admin(), p.Register("Bob")
		p.Admin() // has two sessions then
		project, other := admin.Project("Garden"), admin.Project("Kitchen")
		task := admin.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		admin.Task(project.ID, "Mow", nil)
		for range 2 {
			admin.Comment(task.ID, "Deep")
			bob.Comment(task.ID, "Deeper")
		}
		acme := admin.Organization("Acme")
		admin.Organization("Acme")
		admin.Member(acme.ID, bob.Email, "member")
		ids := map[string]string{"projects": project.ID, "tasks": task.ID, "organizations": acme.ID}

		cursors := map[string]string{} // by path
		for _, o := range p.Operations() {
			if !slices.Contains(o.Parameters("query"), "cursor") {
				continue
			}
			if !slices.Contains(promised, name(o)) {
				if strings.Contains(o.Path, "{") {
					continue // what is in it is known to the module that was added, and to its tests
				}
				kind := strings.TrimPrefix(o.Path, "/api/v1/")
				makeExample(admin.Client, kind)
				makeExample(admin.Client, kind)
			}
			path := strings.ReplaceAll(o.Path, "{id}", ids[strings.Split(strings.TrimPrefix(o.Path, "/api/v1/"), "/")[0]])
			first := harness.Into[harness.List[map[string]any]](admin.Do("GET", path+"?limit=1", nil).Wants(http.StatusOK))
			require.True(t, first.HasMore, "%s has more than one page", path)
			cursors[path] = *first.NextCursor
			require.Regexp(t, `^[A-Za-z0-9_-]+$`, *first.NextCursor)
			second := harness.Into[harness.List[map[string]any]](
				admin.Do("GET", path+"?limit=1&cursor="+*first.NextCursor, nil).Wants(http.StatusOK))
			require.NotEqual(t, first.Items, second.Items)
			admin.Do("GET", path+"?limit=50&cursor="+*first.NextCursor, nil).Wants(http.StatusOK)
			if slices.Contains(o.Parameters("query"), "sort") {
				admin.Do("GET", path+"?sort=created_at&limit=1", nil).Wants(http.StatusOK)
				wrong := "created_at"
				if strings.HasSuffix(o.Path, "/comments") { // oldest first by default
					wrong = "-created_at"
				}
				refuse(admin, path, "sort="+wrong, *first.NextCursor)
			}
		}
		require.GreaterOrEqual(t, len(cursors), 6)

		for from, cursor := range cursors {
			for to := range cursors {
				if from != to {
					refuse(admin, to, "", cursor)
				}
			}
			for at := 0; at < len(cursor); at += 3 {
				changed := []byte(cursor)
				changed[at] = 'A'
				if cursor[at] == 'A' {
					changed[at] = 'B'
				}
				refuse(admin, from, "", string(changed))
			}
			refuse(admin, from, "", cursor[:len(cursor)-1])
			refuse(admin, from, "", cursor+"A")
		}
		tasks := "/api/v1/projects/" + project.ID + "/tasks"
		refuse(admin, tasks, "status=todo", cursors[tasks])
		refuse(admin, "/api/v1/projects/"+other.ID+"/tasks", "", cursors[tasks])
	})
}

func refuse(as *harness.Person, path, query, cursor string) {
	as.Do("GET", fmt.Sprintf("%s?cursor=%s&%s", path, cursor, query), nil).WantsProblem(422, "cursor_mismatch")
}
