package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// api is the document as the promises below look at it.
type api struct {
	operations []harness.Operation
	schemas    map[string]any
}

func readAPI(p *harness.Program) api {
	components, _ := p.Document()["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	return api{p.Operations(), schemas}
}

// TestListsAndWritesKeepTheirPromises walks the document: what is a list can be paged, what can change has a tag and
// takes a precondition, what creates takes an Idempotency-Key. A route is under this the day it is born.
func TestListsAndWritesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	p, _ := describe(t)
	require.Empty(t, readAPI(p).broken())
}

// TestABrokenPromiseIsFound takes away from the document, one after the other, what the promises are about.
func TestABrokenPromiseIsFound(t *testing.T) {
	t.Parallel()
	p, _ := describe(t)
	for name, parts := range map[string][]string{
		"GET /api/v1/projects":            {"limit", "cursor", "sort", "Link", "cursor_mismatch", "next_cursor"},
		"GET /api/v1/projects/{id}/tasks": {"limit", "cursor", "sort", "Link", "cursor_mismatch"},
		"GET /api/v1/tasks/{id}":          {"If-None-Match", "ETag", "304"},
		"PATCH /api/v1/tasks/{id}":        {"If-Match", "ETag", "412"},
		"DELETE /api/v1/comments/{id}":    {"If-Match", "412"},
		"POST /api/v1/tasks":              {"Idempotency-Key", "Idempotent-Replayed", "ETag", "Location", "idempotency_in_flight"},
	} {
		for _, part := range parts {
			a := readAPI(p)
			for i, o := range a.operations {
				if o.Method+" "+o.Path == name {
					a.operations[i].Raw = without(o.Raw, part).(map[string]any)
				}
			}
			if part == "next_cursor" {
				a.schemas = without(a.schemas, part).(map[string]any)
			}
			broken := a.broken()
			require.NotEmpty(t, broken, "%s without %s", name, part)
			require.Contains(t, strings.Join(broken, "\n"), name)
		}
	}
	a := readAPI(p)
	for i, o := range a.operations {
		if o.Path == "/api/v1/auth/register" {
			a.operations[i].Raw = maps.Clone(o.Raw)
			a.operations[i].Raw["parameters"] = []any{map[string]any{"in": "header", "name": "Idempotency-Key"}}
		}
	}
	require.Len(t, a.broken(), 1, "an answer that holds a secret must not be kept")
}

// without returns a copy of a document from which every member, and every parameter, of a name is gone.
func without(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		rest := map[string]any{}
		for member, value := range v {
			if member != name {
				rest[member] = without(value, name)
			}
		}
		return rest
	case []any:
		rest := []any{}
		for _, value := range v {
			if parameter, ok := value.(map[string]any); ok && parameter["name"] == name {
				continue
			}
			rest = append(rest, without(value, name))
		}
		return rest
	}
	return v
}

// broken says which operations lack what.
func (a api) broken() (complaints []string) {
	changeable := map[string]bool{}
	for _, o := range a.operations {
		if o.Method == http.MethodPatch {
			changeable[o.Path] = true
		}
	}
	for _, o := range a.operations {
		if !strings.HasPrefix(o.Path, "/api/v1/") {
			continue
		}
		var lacks []string
		demand := func(ok bool, what string) {
			if !ok {
				lacks = append(lacks, what)
			}
		}
		secret := strings.HasPrefix(o.Path, "/api/v1/auth/") || strings.HasPrefix(o.Path, "/api/v1/ws/")
		switch {
		case a.isList(o):
			a.demandPaging(o, demand)
		case o.Method == http.MethodGet && changeable[o.Path]:
			demand(slices.Contains(o.Parameters("header"), "If-None-Match"), "the parameter If-None-Match")
			demand(o.Responses()["304"] != nil, "a 304")
			demand(hasHeader(o, "200", "ETag"), "an ETag")
		case o.Method == http.MethodPatch:
			demand(slices.Contains(o.Parameters("header"), "If-Match"), "the parameter If-Match")
			demand(hasCode(o, "412", "precondition_failed"), "a 412")
			demand(hasHeader(o, "200", "ETag"), "an ETag")
		case o.Method == http.MethodDelete && changeable[o.Path]:
			demand(slices.Contains(o.Parameters("header"), "If-Match"), "the parameter If-Match")
			demand(hasCode(o, "412", "precondition_failed"), "a 412")
		case o.Method == http.MethodPost && secret:
			demand(!slices.Contains(o.Parameters("header"), "Idempotency-Key"), "secrecy: its answer would be kept")
		case o.Method == http.MethodPost && o.Responses()["201"] != nil:
			demand(slices.Contains(o.Parameters("header"), "Idempotency-Key"), "the parameter Idempotency-Key")
			demand(hasCode(o, "422", "idempotency_mismatch"), "a 422 for another request with the key")
			demand(hasCode(o, "409", "idempotency_in_flight"), "a 409 for a request under way")
			for _, header := range []string{"ETag", "Location", "Idempotent-Replayed"} {
				demand(hasHeader(o, "201", header), "the header "+header)
			}
		}
		for _, what := range lacks {
			complaints = append(complaints, fmt.Sprintf("%s lacks %s", name(o), what))
		}
	}
	return complaints
}

// isList reports whether an operation answers with several things: with an array, or an object that has one.
func (a api) isList(o harness.Operation) bool {
	schema := a.answer(o)
	properties, _ := schema["properties"].(map[string]any)
	return o.Method == http.MethodGet && (schema["type"] == "array" || properties["items"] != nil)
}

func (a api) demandPaging(o harness.Operation, demand func(ok bool, what string)) {
	query := o.Parameters("query")
	demand(slices.Contains(query, "limit"), "the parameter limit")
	demand(slices.Contains(query, "cursor"), "the parameter cursor")
	for _, name := range []string{"page", "offset", "skip"} {
		demand(!slices.Contains(query, name), "keyset pages: it has "+name)
	}
	parameters, _ := o.Raw["parameters"].([]any)
	for _, p := range parameters {
		switch parameter := p.(map[string]any); parameter["name"] {
		case "limit":
			limit := parameter["schema"].(map[string]any)
			demand(textOf(limit["minimum"]) == "1" && textOf(limit["maximum"]) == "100" && textOf(limit["default"]) == "20",
				"the limits 1, 100 and 20")
		case "sort":
			schema := parameter["schema"].(map[string]any)
			keys, _ := schema["enum"].([]any)
			for _, key := range keys {
				opposite := strings.TrimPrefix("-"+key.(string), "--")
				demand(slices.Contains(keys, any(opposite)), "the order "+opposite)
			}
			demand(len(keys) > 0 && slices.Contains(keys, schema["default"]), "an order by default")
		}
	}
	// What is only ever shown in one order needs no parameter for it; the API contract names the others.
	onlyOne := []string{"/api/v1/notifications", "/api/v1/admin/audit", "/api/v1/admin/sessions"}
	demand(slices.Contains(query, "sort") || slices.Contains(onlyOne, o.Path), "the parameter sort")
	demand(hasHeader(o, "200", "Link"), "the header Link")
	demand(hasCode(o, "422", "cursor_mismatch"), "a 422 for the cursor of another list")
	properties, _ := a.answer(o)["properties"].(map[string]any)
	for _, member := range []string{"items", "next_cursor", "has_more"} {
		demand(properties[member] != nil, "the member "+member)
	}
}

// answer returns the schema of the body of a 200.
func (a api) answer(o harness.Operation) map[string]any {
	content, _ := o.Responses()["200"]["content"].(map[string]any)
	media, _ := content["application/json"].(map[string]any)
	schema, _ := media["schema"].(map[string]any)
	if reference, ok := schema["$ref"].(string); ok {
		schema, _ = a.schemas[reference[strings.LastIndex(reference, "/")+1:]].(map[string]any)
	}
	return schema
}

func hasHeader(o harness.Operation, status, name string) bool {
	headers, _ := o.Responses()[status]["headers"].(map[string]any)
	return headers[name] != nil
}

func hasCode(o harness.Operation, status, code string) bool {
	content, _ := o.Responses()[status]["content"].(map[string]any)
	media, _ := content["application/problem+json"].(map[string]any)
	examples, _ := media["examples"].(map[string]any)
	return examples[code] != nil
}
