package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestARequestsWalkIsDrawnAsItIs holds the picture of a request in docs/architecture.md against the statements of that
// request: which module runs which, in what order, under which locks.
func TestARequestsWalkIsDrawnAsItIs(t *testing.T) {
	t.Parallel()
	owners := ownersOfTables(t)
	p := harness.Start(t, dbtest.URL(t, database.Postgres), harness.InOrder())
	beside := openAlone(t, p.Config.DatabaseURL)
	ann, bob := p.Register("Ann"), p.Register("Bob")
	task := ann.Task(ann.Project("Garden").ID, "Dig", map[string]any{"assignee_id": bob.ID})
	statements := typical(t, p, beside, func(int) { ann.Comment(task.ID, "Deep") })

	document, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	require.NoError(t, err)
	picture := "```mermaid\nsequenceDiagram\n  client->>comments: POST /api/v1/tasks/{id}/comments\n"
	heard := false
	for _, s := range slices.DeleteFunc(statements, ofAddedModules(t)) {
		by, says := told(t, owners, s)
		if by != "comments" && !heard {
			picture += "  comments->>" + by + ": comment_added\n"
			heard = true
		}
		picture += fmt.Sprintf("  %s->>database: %s\n", by, says)
	}
	picture += "  comments->>client: 201, after the commit\n```\n"
	require.True(t, strings.Contains(string(document), picture), "docs/architecture.md; it should be:\n%s\n%s",
		picture, strings.Join(statements, "\n\n"))
}

var (
	mentioned = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+["\x60]?([a-z_]+)`)
	changing  = regexp.MustCompile(`^\s*(?:INSERT|UPDATE|DELETE)\b`)
	locked    = regexp.MustCompile(`\bFOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF \w+)?`)
)

// told says in a few words what a statement does, and whose tables those are.
func told(t *testing.T, owners map[string]string, statement string) (by, says string) {
	t.Helper()
	var names []string
	for _, found := range mentioned.FindAllStringSubmatch(statement, -1) {
		if owner := owners[found[1]]; owner != "" {
			require.True(t, by == "" || by == owner, "one module's tables:\n%s", statement)
			by, names = owner, append(names, found[1])
		}
	}
	require.NotEmpty(t, by, statement)
	slices.Sort(names)
	what := "SELECT"
	if found := changing.FindString(statement); found != "" {
		what = strings.TrimSpace(found)
	}
	return by, strings.TrimSpace(fmt.Sprint(what, " ", strings.Join(slices.Compact(names), ", "), " ", locked.FindString(statement)))
}

// ofAddedModules tells the statements of modules that were added to the program, by whose tables they are about: those of
// modules that docs/architecture.md does not speak of.
func ofAddedModules(t *testing.T) func(statement string) bool {
	t.Helper()
	owners := ownersOfTables(t)
	document, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	require.NoError(t, err)
	return func(statement string) bool {
		for _, found := range mentioned.FindAllStringSubmatch(statement, -1) {
			if by := owners[found[1]]; by != "" && !strings.Contains(string(document), "| ["+by+"](../modules/") {
				return true
			}
		}
		return false
	}
}

// ownersOfTables returns which module every table belongs to, as doc.go of each says.
func ownersOfTables(t *testing.T) map[string]string {
	t.Helper()
	docs, err := filepath.Glob(filepath.Join("..", "modules", "*", "doc.go"))
	require.NoError(t, err)
	owners := map[string]string{}
	for _, path := range docs {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		found := regexp.MustCompile(`(?ms)^// Tables: (.*?)\.$`).FindStringSubmatch(string(text))
		require.NotNil(t, found, path)
		for _, table := range strings.Split(strings.ReplaceAll(found[1], "\n// ", " "), ", ") {
			owners[table] = filepath.Base(filepath.Dir(path))
		}
	}
	return owners
}
