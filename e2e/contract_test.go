package e2e

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// promised are the routes that clients rely on. They may grow, never shrink.
var promised = []string{
	"GET /", "GET /health", "GET /livez", "GET /readyz", "GET /docs", "GET /redoc", "GET /openapi.json",
	"GET /openapi.yaml", "GET /ws", "GET /docs/ws", "GET /asyncapi.json",
	"POST /api/v1/ws/tickets", "GET /api/v1/notifications/stream",
	"GET /.well-known/jwks.json",
	"POST /api/v1/auth/register", "POST /api/v1/auth/login", "POST /api/v1/auth/refresh", "POST /api/v1/auth/logout",
	"POST /api/v1/auth/logout-all", "GET /api/v1/auth/sessions", "DELETE /api/v1/auth/sessions/{id}",
	"POST /api/v1/auth/password/forgot", "POST /api/v1/auth/password/reset",
	"POST /api/v1/auth/email/verify", "POST /api/v1/auth/email/verification",
	"GET /api/v1/users/me", "PATCH /api/v1/users/me", "POST /api/v1/users/me/password",
	"GET /api/v1/users", "GET /api/v1/users/{id}", "PATCH /api/v1/users/{id}",
	"GET /api/v1/admin/audit", "GET /api/v1/admin/sessions", "DELETE /api/v1/admin/sessions/{id}",
	"POST /api/v1/organizations", "GET /api/v1/organizations",
	"GET /api/v1/organizations/{id}", "PATCH /api/v1/organizations/{id}", "DELETE /api/v1/organizations/{id}",
	"POST /api/v1/organizations/{id}/members", "GET /api/v1/organizations/{id}/members",
	"GET /api/v1/organizations/{id}/members/{user_id}",
	"PATCH /api/v1/organizations/{id}/members/{user_id}", "DELETE /api/v1/organizations/{id}/members/{user_id}",
	"POST /api/v1/projects", "GET /api/v1/projects",
	"GET /api/v1/projects/{id}", "PATCH /api/v1/projects/{id}", "DELETE /api/v1/projects/{id}",
	"POST /api/v1/projects/{id}/tasks", "GET /api/v1/projects/{id}/tasks",
	"POST /api/v1/tasks", "GET /api/v1/tasks",
	"GET /api/v1/tasks/{id}", "PATCH /api/v1/tasks/{id}", "DELETE /api/v1/tasks/{id}", "PATCH /api/v1/tasks/{id}/complete",
	"POST /api/v1/tasks/{id}/comments", "GET /api/v1/tasks/{id}/comments",
	"GET /api/v1/comments/{id}", "PATCH /api/v1/comments/{id}", "DELETE /api/v1/comments/{id}",
	"GET /api/v1/notifications", "POST /api/v1/notifications/{id}/read", "POST /api/v1/notifications/read-all",
}

// public are the operations that ask for no access token. Everything else must.
var public = []string{
	"POST /api/v1/auth/register", "POST /api/v1/auth/login", "POST /api/v1/auth/refresh", "POST /api/v1/auth/logout",
	"POST /api/v1/auth/password/forgot", "POST /api/v1/auth/password/reset", "POST /api/v1/auth/email/verify",
	"POST /api/v1/auth/email/verification", // takes one where no address is named, and refuses without either
	"GET /ws",                              // takes its token in more ways than one, and refuses without
	"GET /api/v1/notifications/stream",
}

func name(o harness.Operation) string { return o.Method + " " + o.Path }

// describe returns the operations of a program that is only asked what it is.
func describe(t *testing.T) (*harness.Program, []harness.Operation) {
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	operations := p.Operations()
	require.NotEmpty(t, operations)
	return p, operations
}

func TestEveryPromisedRouteIsThere(t *testing.T) {
	t.Parallel()
	_, operations := describe(t)
	var have []string
	for _, o := range operations {
		have = append(have, name(o))
	}
	require.Subset(t, have, promised)
}

func TestEveryOperationSaysWhoMayCallItAndWhatItIs(t *testing.T) {
	t.Parallel()
	p, operations := describe(t)
	ids := map[string]bool{}
	for _, o := range operations {
		require.NotEmpty(t, o.ID, name(o))
		require.False(t, ids[o.ID], "%s is there twice", o.ID)
		ids[o.ID] = true
		require.NotEmpty(t, o.Raw["summary"], name(o))
		require.NotEmpty(t, o.Raw["tags"], name(o))

		below := strings.HasPrefix(o.Path, "/api/v1/")
		require.Equal(t, !below || slices.Contains(public, name(o)), o.Public, "%s: is it meant to be public?", name(o))
		if !o.Public {
			path := withID(o.Path, "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55")
			p.Do(o.Method, path, nil).WantsProblem(401, "unauthenticated")
		}
	}
}

// TestEveryExampleIsTrue: bodies and answers have an example, and it is what its schema says.
func TestEveryExampleIsTrue(t *testing.T) {
	t.Parallel()
	_, operations := describe(t)
	for _, o := range operations {
		if example, takesBody := o.BodyExample(); takesBody {
			require.NotNil(t, example, "%s: no example of the body", name(o))
			require.NoError(t, o.Validate("", "application/json", any(example)), name(o))
		}
		for status, response := range o.Responses() {
			content, _ := response["content"].(map[string]any)
			for media, described := range content {
				if media != "application/json" && media != "application/problem+json" {
					continue
				}
				examples := examplesOf(described.(map[string]any))
				require.NotEmpty(t, examples, "%s %s: no example", name(o), status)
				for _, example := range examples {
					require.NoError(t, o.Validate(status, media, example), "%s %s", name(o), status)
				}
			}
		}
	}
}

func examplesOf(media map[string]any) []any {
	if example, ok := media["example"]; ok {
		return []any{example}
	}
	var examples []any
	several, _ := media["examples"].(map[string]any)
	for _, e := range several {
		examples = append(examples, e.(map[string]any)["value"])
	}
	return examples
}

// TestEveryErrorIsAProblemWithItsCodes: clients can read from the document which codes a status may carry.
func TestEveryErrorIsAProblemWithItsCodes(t *testing.T) {
	t.Parallel()
	_, operations := describe(t)
	for _, o := range operations {
		responses := o.Responses()
		for status, response := range responses {
			if status < "400" || name(o) == "GET /health" {
				continue // health shows its state with 503 too
			}
			at := name(o) + " " + status
			content, _ := response["content"].(map[string]any)
			require.Len(t, content, 1, at)
			problem, _ := content["application/problem+json"].(map[string]any)
			require.Equal(t, map[string]any{"$ref": "#/components/schemas/Problem"}, problem["schema"], at)
			codes, _ := problem["examples"].(map[string]any)
			require.NotEmpty(t, codes, at)
			for code, example := range codes {
				value := example.(map[string]any)["value"].(map[string]any)
				require.Equal(t, code, value["code"], at)
				require.Equal(t, status, textOf(value["status"]), at)
				require.Contains(t, response["description"], "`"+code+"`", "%s: the description lacks the code", at)
			}
		}
		_, takesBody := o.BodyExample()
		for status, when := range map[string]bool{
			"401": !o.Public, "404": strings.Contains(o.Path, "{"), "413": takesBody, "415": takesBody,
			"412": slices.Contains(o.Parameters("header"), "If-Match"),
			"304": slices.Contains(o.Parameters("header"), "If-None-Match"), "500": true, "422": true,
		} {
			if when {
				require.NotNil(t, responses[status], "%s does not document status %s", name(o), status)
			}
		}
	}
}

func textOf(number any) string {
	switch n := number.(type) {
	case float64:
		return strconv.Itoa(int(n))
	case interface{ String() string }:
		return n.String()
	}
	return ""
}

// TestEveryResourceThatCanChangeHasAnETag: what has a PATCH answers with a tag, and takes it as a precondition. Nobody
// changes a session: it can only be ended.
func TestEveryResourceThatCanChangeHasAnETag(t *testing.T) {
	t.Parallel()
	_, operations := describe(t)
	for _, o := range operations {
		deletes := o.Method == http.MethodDelete && strings.HasSuffix(o.Path, "}") &&
			!strings.HasSuffix(o.Path, "/sessions/{id}")
		if o.Method != http.MethodPatch && !deletes {
			continue
		}
		require.Contains(t, o.Parameters("header"), "If-Match", "%s does not document the header", name(o))
		if o.Method == http.MethodPatch {
			headers, _ := o.Responses()["200"]["headers"].(map[string]any)
			require.NotNil(t, headers["ETag"], "%s does not document the header ETag", name(o))
		}
	}
}

// TestEveryListTakesLimitAndCursor: and knows no number of pages.
func TestEveryListTakesLimitAndCursor(t *testing.T) {
	t.Parallel()
	p, operations := describe(t)
	admin := p.Admin()
	project := admin.Project("Garden")
	ids := map[string]string{
		"projects": project.ID, "tasks": admin.Task(project.ID, "Dig", nil).ID, "organizations": admin.Organization("Acme").ID,
	}
	lists := 0
	for _, o := range operations {
		query := o.Parameters("query")
		if !slices.Contains(query, "cursor") {
			continue
		}
		lists++
		require.Contains(t, query, "limit", "%s has a cursor but no limit", name(o))
		kind := strings.Split(o.Path, "/")[3]
		if strings.Contains(o.Path, "{id}") && ids[kind] == "" {
			ids[kind] = makeExample(admin.Client, kind)
		}
		path := strings.ReplaceAll(o.Path, "{id}", ids[kind])
		for _, limit := range []string{"0", "101", "-1", "x", "", "1.5", "05", "%2B5", "%205", "%EF%BC%95"} {
			admin.Do("GET", path+"?limit="+limit, nil).WantsProblem(422, "validation_failed")
		}
		admin.Do("GET", path+"?limit=100", nil).Wants(200)
		admin.Do("GET", path+"?cursor=abc", nil).WantsProblem(422, "cursor_mismatch")
	}
	require.GreaterOrEqual(t, lists, 6)
}

// TestWhatIsNotThereIsAProblemToo: the router's own answers are of the same kind as all others.
func TestWhatIsNotThereIsAProblemToo(t *testing.T) {
	t.Parallel()
	p, _ := describe(t)
	p.Do("GET", "/nothing", nil).WantsProblem(404, "not_found")
	p.Do("GET", "/api/v1/nothing", nil).WantsProblem(404, "not_found")
	p.Do("GET", "/api/v1//tasks", nil).WantsProblem(404, "not_found")
	p.Do("GET", "/api/v1/tasks/", nil).WantsProblem(404, "not_found")
	refused := p.Do("PUT", "/api/v1/tasks", nil)
	refused.WantsProblem(405, "method_not_allowed")
	require.Equal(t, "GET, HEAD, POST", refused.Header.Get("Allow"))
}
