package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// internal are names of what the program keeps and no document tells: columns, claims, and what other systems have.
var internal = []string{
	"access_token", "admin", "archived", "assignee", "created_by_id", "deleted_at", "is_admin", "is_superuser", "jti", "owner",
	"password_hash", "roles", "sid", "status_id", "sub", "tenant_id", "token_hash", "version", "_method", "__proto__",
}

// TestNobodySetsWhatIsNotTheirsToSet: a body may have the members that its schema names and no other. Whatever the
// document names anywhere else, such as the owner_id of a project or the role of a user, is refused by its place, and
// nothing is changed. Even a system admin is refused.
func TestNobodySetsWhatIsNotTheirsToSet(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		a := newActor(t, newCompany(p), root)
		everything := namesOf(p.Document())
		require.Subset(t, everything, []string{"id", "role", "owner_id", "organization_id", "created_at", "author_id", "inbox"})
		tried := 0
		for _, o := range p.Operations() {
			example, takesBody := o.BodyExample()
			if !takesBody {
				continue
			}
			row := matrixRow{operation: name(o), of: own}
			allowed := o.BodyMembers()
			require.NotEmpty(t, allowed, name(o))
			refused := slices.DeleteFunc(slices.Clone(everything), func(member string) bool {
				return slices.Contains(allowed, member)
			})
			good := a.body(o, row, example).(map[string]any)
			before := a.snapshot()
			for some := range slices.Chunk(refused, 20) { // an answer lists no more than a hundred
				body := maps.Clone(good)
				for _, member := range some {
					body[member] = "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"
				}
				problem := a.as.Do(o.Method, a.path(o, row), body).WantsProblem(422, "validation_failed")
				var locations []string
				for _, e := range problem.Errors {
					locations = append(locations, strings.TrimPrefix(e.Location, "body."))
				}
				assert.Subset(t, locations, some, name(o))
			}
			require.Equal(t, before, a.snapshot(), "%s did something", name(o))
			tried++
		}
		require.Greater(t, tried, 15)
	})
}

// snapshot is what there is of the actor's own things, as they are shown.
func (a *actor) snapshot() map[string]string {
	shown := map[string]string{}
	for _, path := range []string{
		"/users/me", "/projects", "/tasks", "/organizations", "/auth/sessions", "/notifications",
		"/projects/" + a.thing(own, "projects"), "/tasks/" + a.thing(own, "tasks"),
		"/tasks/" + a.thing(own, "tasks") + "/comments", "/organizations/" + a.thing(own, "organizations") + "/members",
	} {
		shown[path] = string(a.as.Get(path).Wants(200).Body)
	}
	return shown
}

// namesOf returns the names of all members of all schemas of an OpenAPI document, and the internal ones.
func namesOf(document map[string]any) []string {
	names := map[string]bool{}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for member := range properties {
					names[member] = true
				}
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(document)
	for _, member := range internal {
		names[member] = true
	}
	delete(names, "$schema")
	return slices.Sorted(maps.Keys(names))
}
