package clients_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/clients"
	"fasttrack/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// TestTheGoClientWalksTheJourney: what oapi-codegen makes of the document compiles, passes go vet, and does on both
// databases what a client does.
func TestTheGoClientWalksTheJourney(t *testing.T) {
	t.Parallel()
	generates(t)
	dir := t.TempDir()
	require.NoError(t, clients.WriteGo(t.Context(), document(t, "/openapi.json"), dir))
	runs(t, dir, "go", "vet", "./...")
	runs(t, dir, "go", "build", "-o", "walk", "./journey")
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		require.Contains(t, runs(t, dir, filepath.Join(dir, "walk"), p.URL, "1"), "the journey is done")
	})
}

// TestTheTypeScriptClientWalksTheJourney: the same in TypeScript, under the compiler's strictest rules.
func TestTheTypeScriptClientWalksTheJourney(t *testing.T) {
	t.Parallel()
	generates(t)
	dir := withModules(t)
	require.NoError(t, clients.WriteTypeScript(t.Context(), document(t, "/openapi.json"), dir))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600))
	runs(t, dir, "node", "node_modules/typescript/bin/tsc")
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		require.Contains(t, runs(t, dir, "node", "out/journey.js", p.URL, "1"), "the journey is done")
	})
}

// TestTheDocumentsPassTheLinter: Spectral finds nothing in the two documents, by the rules of .ci/npm/.spectral.yaml,
// and finds what was broken in a third.
func TestTheDocumentsPassTheLinter(t *testing.T) {
	t.Parallel()
	generates(t)
	dir := withModules(t)
	rules, err := os.ReadFile("../../.ci/npm/.spectral.yaml")
	require.NoError(t, err)
	good := document(t, "/openapi.json")
	for name, content := range map[string][]byte{
		".spectral.yaml": rules, "openapi.json": good, "asyncapi.json": document(t, "/asyncapi.json"), "broken.json": broken(t, good),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	lint := exec.CommandContext(t.Context(), "node", "node_modules/.bin/spectral", "lint", "openapi.json", "asyncapi.json",
		"broken.json", "--format=json", "--fail-severity=hint", "--quiet")
	lint.Dir = dir
	out, err := lint.Output()
	exit, _ := errors.AsType[*exec.ExitError](err)
	require.NotNil(t, exit, "it found nothing wrong with a document that was broken: %v", err)
	require.Equal(t, 1, exit.ExitCode(), "%s%s", out, exit.Stderr)
	var found []struct {
		Code, Message, Source string
		Path                  []any
	}
	require.NoError(t, json.Unmarshal(out, &found), "%s", out)
	inBroken := map[string]bool{}
	for _, f := range found {
		if filepath.Base(f.Source) == "broken.json" {
			inBroken[f.Code] = true
		} else {
			t.Errorf("%s: %s: %s, at %v", filepath.Base(f.Source), f.Code, f.Message, f.Path)
		}
	}
	for _, code := range []string{
		"operation-operationId-unique", "invalid-ref", "fasttrack-authenticated", "fasttrack-limited",
		"fasttrack-limit-shown", "owasp:api2:2023-no-http-basic",
	} {
		require.Contains(t, inBroken, code)
	}
}

// broken does to a document what the linter is to find.
func broken(t *testing.T, document []byte) []byte {
	t.Helper()
	var d map[string]any
	require.NoError(t, json.Unmarshal(document, &d))
	at := func(names ...string) (object map[string]any) {
		object = d
		for _, name := range names {
			object = object[name].(map[string]any)
		}
		return object
	}
	task, tasks := at("paths", "/api/v1/tasks/{id}", "get"), at("paths", "/api/v1/tasks", "get")
	task["operationId"] = tasks["operationId"]
	delete(task, "security")
	delete(task["responses"].(map[string]any), "429")
	delete(at("paths", "/api/v1/tasks", "get", "responses", "200", "headers"), "RateLimit")
	at("components", "schemas", "TaskPage", "properties", "items")["items"] = map[string]any{"$ref": "#/nowhere"}
	at("components", "securitySchemes", "bearer")["scheme"] = "basic"
	out, err := json.Marshal(d)
	require.NoError(t, err)
	return out
}

// document returns what a program serves at a path.
func document(t *testing.T, path string) []byte {
	t.Helper()
	return harness.Start(t, dbtest.URL(t, database.SQLite)).Do("GET", path, nil).Wants(200).Body
}

// generates leaves out, with -short, what compiles programs of its own.
func generates(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("generates and compiles a client")
	}
}

// withModules returns a folder in which the pinned npm packages are found. Without Node.js the test is skipped, unless
// REQUIRE_NODE=1.
func withModules(t *testing.T) string {
	t.Helper()
	modules, err := clients.Modules(t.Context())
	if errors.Is(err, clients.ErrNoNode) && os.Getenv("REQUIRE_NODE") != "1" {
		t.Skip(err)
	}
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	return dir
}

// runs runs a program that must succeed, and returns what it says.
func runs(t *testing.T, dir, program string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}
