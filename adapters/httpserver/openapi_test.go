package httpserver_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
)

type document struct {
	OpenAPI    string                                `json:"openapi"`
	Paths      map[string]map[string]documentedRoute `json:"paths"`
	Components struct {
		Schemas         map[string]map[string]any `json:"schemas"`
		SecuritySchemes map[string]map[string]any `json:"securitySchemes"`
	} `json:"components"`
}

type documentedRoute struct {
	OperationID string           `json:"operationId"`
	Summary     string           `json:"summary"`
	Security    []map[string]any `json:"security"`
	Parameters  []struct {
		Name, In string
		Schema   map[string]any
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]map[string]any `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string                    `json:"description"`
		Content     map[string]map[string]any `json:"content"`
		Headers     map[string]any            `json:"headers"`
	} `json:"responses"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	s := httpserver.New(httpserver.Config{Version: "1.2.3"})
	registerNotes(s.API(), noteRoutes{})
	registerOddities(s.API())
	asJSON, asYAML, err := s.OpenAPI()
	require.NoError(t, err)
	require.Contains(t, string(asYAML), "\nopenapi: 3.1.0\n")
	var d document
	require.NoError(t, json.Unmarshal(asJSON, &d))
	return d
}

func TestEveryOperationIsDocumentedInFull(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	require.True(t, strings.HasPrefix(d.OpenAPI, "3.1"))
	require.Equal(t, "bearer", d.Components.SecuritySchemes["bearer"]["scheme"])
	for path, methods := range d.Paths {
		for method, op := range methods {
			t.Run(method+" "+path, func(t *testing.T) {
				require.NotEmpty(t, op.OperationID)
				require.NotEmpty(t, op.Summary)
				require.NotContains(t, op.Responses, "default")
				isPublic := len(op.Security) == 0
				require.Equal(t, !isPublic, op.Responses["401"].Description != "")
				for _, status := range []string{"400", "422", "500", "503"} {
					require.Contains(t, op.Responses, status)
				}
				if len(op.RequestBody.Content) > 0 {
					require.Contains(t, op.RequestBody.Content["application/json"], "example")
					for _, status := range []string{"400", "408", "413", "415"} {
						require.Contains(t, op.Responses, status)
					}
				}
				for status, r := range op.Responses {
					require.NotEmpty(t, r.Description)
					for media, content := range r.Content {
						require.True(t, content["example"] != nil || content["examples"] != nil || content["schema"] == nil,
							"%s %s has no example", status, media)
						if path != "/health" { // which shows the state of the database, whatever it is
							require.Equal(t, status >= "400", media == "application/problem+json")
						}
					}
				}
			})
		}
	}
}

func TestTheDocumentSaysWhatTheShapesAre(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	note := d.Components.Schemas["Note"]["properties"].(map[string]any)
	require.Equal(t, "uuid", note["id"].(map[string]any)["format"])
	require.Equal(t, "date-time", note["updated_at"].(map[string]any)["format"])
	require.Equal(t, []any{"string", "null"}, note["due_at"].(map[string]any)["type"])
	change := d.Components.Schemas["PatchNote"]["properties"].(map[string]any)
	require.Equal(t, "string", change["text"].(map[string]any)["type"])
	require.Equal(t, []any{"string", "null"}, change["due_at"].(map[string]any)["type"])
	require.NotContains(t, d.Components.Schemas["PatchNote"], "required")
	require.Equal(t, false, d.Components.Schemas["PatchNote"]["additionalProperties"])

	create := d.Paths["/api/v1/notes"]["post"]
	require.Contains(t, create.Responses["201"].Headers, "Location")
	require.Contains(t, create.Responses["201"].Headers, "ETag")
	require.Equal(t, "#/components/schemas/Note", create.Responses["201"].Content["application/json"]["schema"].(map[string]any)["$ref"])
	require.Contains(t, create.Responses["409"].Description, "`notes_full`")
	require.Contains(t, d.Paths["/api/v1/notes/{id}"]["patch"].Responses, "412")
	require.Contains(t, d.Paths["/api/v1/notes/{id}"]["get"].Responses, "304")
	require.Contains(t, d.Paths["/api/v1/notes"]["get"].Responses["422"].Description, "`cursor_mismatch`")
	for _, p := range d.Paths["/api/v1/notes"]["get"].Parameters {
		if p.Name == "sort" {
			require.Equal(t, []any{"updated_at", "-updated_at", "text", "-text"}, p.Schema["enum"])
			require.Equal(t, "-updated_at", p.Schema["default"])
		}
	}

	codes := d.Components.Schemas["Problem"]["properties"].(map[string]any)["code"].(map[string]any)["enum"].([]any)
	for _, code := range []string{"internal", "malformed", "method_not_allowed", "notes_full", "not_found", "token_expired"} {
		require.Contains(t, codes, code)
	}
}

type Bird struct {
	Wings string `json:"wings" enum:"open,shut" doc:"How they are."`
	Song  string `json:"song" enum:"long,short"`
}

type ChangeBird struct {
	Wings *string `json:"wings,omitempty" enum:"open,shut" example:"shut"`
	Legs  string  `json:"legs" enum:"open,shut"`
}

func TestAnEnumerationOfSeveralBodiesHasOneName(t *testing.T) {
	t.Parallel()
	s := httpserver.New(httpserver.Config{})
	s.API().Group("birds", "What flies.")
	httpserver.Register(s.API(), httpserver.Operation{
		ID: "change-bird", Method: http.MethodPatch, Path: "/bird", Tag: "birds", Summary: "Change the bird",
	}, func(context.Context, *struct {
		Wings string `query:"wings" enum:"open,shut" default:"open"`
		Body  ChangeBird
	},
	) (*struct{ Body httpserver.Items[Bird] }, error) {
		return nil, nil
	})
	asJSON, asYAML, err := s.OpenAPI()
	require.NoError(t, err)
	require.Contains(t, string(asYAML), "- description: What flies.\n")
	var d document
	require.NoError(t, json.Unmarshal(asJSON, &d))

	shared := map[string]any{"$ref": "#/components/schemas/BirdWings"}
	with := func(name string, value any) map[string]any {
		beside := maps.Clone(shared)
		beside[name] = value
		return beside
	}
	require.Equal(t, map[string]any{"type": "string", "enum": []any{"open", "shut"}}, d.Components.Schemas["BirdWings"])
	bird := d.Components.Schemas["Bird"]["properties"].(map[string]any)
	require.Equal(t, with("description", "How they are."), bird["wings"])
	require.Equal(t, []any{"long", "short"}, bird["song"].(map[string]any)["enum"], "nobody else has it")
	change := d.Components.Schemas["ChangeBird"]["properties"].(map[string]any)
	require.Equal(t, with("examples", []any{"shut"}), change["wings"])
	require.Equal(t, shared, change["legs"])
	require.Equal(t, with("default", "open"), d.Paths["/api/v1/bird"]["patch"].Parameters[0].Schema)
	page := d.Components.Schemas["BirdPage"]["properties"].(map[string]any)
	require.EqualValues(t, 100, page["items"].(map[string]any)["maxItems"])
}

func TestTheExamplesAreValid(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	d := readDocument(t)
	body := d.Paths["/api/v1/notes"]["post"].RequestBody.Content["application/json"]["example"]
	user.Post("/api/v1/notes", body).Require(201)
}

func TestTheServersOwnOperationsAreDocumented(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	paths := slices.Sorted(maps.Keys(d.Paths))
	for _, path := range []string{"/", "/docs", "/health", "/livez", "/openapi.json", "/openapi.yaml", "/readyz", "/redoc"} {
		require.Contains(t, paths, path)
	}
	require.NotContains(t, d.Paths["/openapi.json"]["get"].Responses["200"].Content, "application/json")
}

func TestRawHandlersAreDocumented(t *testing.T) {
	t.Parallel()
	s := httpserver.New(httpserver.Config{})
	s.API().Root().Handle(httpserver.Operation{
		ID: "open-socket", Method: http.MethodGet, Path: "/ws", Summary: "Open a socket", Tag: "live", Public: true,
		Status: http.StatusSwitchingProtocols,
		Query:  []httpserver.Parameter{{Name: "token", Type: "string"}},
	}, http.NotFoundHandler())
	asJSON, _, err := s.OpenAPI()
	require.NoError(t, err)
	var d document
	require.NoError(t, json.Unmarshal(asJSON, &d))
	require.Contains(t, d.Paths["/ws"]["get"].Responses, "101")
	require.Equal(t, "token", d.Paths["/ws"]["get"].Parameters[0].Name)
}

func TestTheDocumentationComesFromTheBinary(t *testing.T) {
	t.Parallel()
	anyone := start(t, httpserver.Config{}).Anonymous(t)
	for page, assets := range map[string][]string{
		"/docs":  {"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/favicon-32x32.png"},
		"/redoc": {"/redoc/redoc.standalone.js", "/docs/favicon-32x32.png"},
	} {
		a := anyone.Get(page).Require(200)
		require.Equal(t, "text/html; charset=utf-8", a.Header.Get("Content-Type"))
		require.NotRegexp(t, `(src|href)="(https?:)?//`, string(a.Body), "nothing is fetched from elsewhere")
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "script-src 'self' 'sha256-")
		require.NotContains(t, a.Header.Get("Content-Security-Policy"), "unsafe-eval")
		for _, asset := range assets {
			require.Contains(t, string(a.Body), asset)
			got := anyone.Get(asset).Require(200)
			require.NotEmpty(t, got.Body)
			require.Empty(t, got.Header.Get("Content-Encoding"))
		}
	}
	require.Contains(t, anyone.Get("/docs/swagger-ui.css").Header.Get("Content-Type"), "text/css")
	require.Contains(t, anyone.Get("/redoc/redoc.standalone.js").Header.Get("Content-Type"), "text/javascript")
	anyone.Get("/docs/../go.mod").RequireProblem(404, "not_found")

	asJSON := anyone.Get("/openapi.json").Require(200)
	require.Equal(t, "application/openapi+json", asJSON.Header.Get("Content-Type"))
	require.True(t, json.Valid(asJSON.Body))
	require.Contains(t, anyone.Get("/openapi.yaml").Require(200).Header.Get("Content-Type"), "yaml")

	var index struct {
		Name, Version string
		Links         map[string]string
	}
	anyone.Get("/").Decode(200, &index)
	require.Equal(t, "fasttrack", index.Name)
	for name, link := range index.Links {
		if name != "api" {
			anyone.Get(link).Require(200)
		}
	}
}
