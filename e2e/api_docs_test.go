package e2e_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
)

// openAPI is as much of the OpenAPI document as the documents tell.
type openAPI struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Tags    []string
		Summary string
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct{ Enum []string }
		}
	}
}

// theDocument is the OpenAPI document.
func theDocument(t *testing.T) (d openAPI) {
	t.Helper()
	require.NoError(t, json.Unmarshal(theDocumentText(t), &d))
	return d
}

func theDocumentText(t *testing.T) []byte {
	t.Helper()
	cfg, err := config.Parse(nil)
	require.NoError(t, err)
	app, err := bootstrap.Describe(t.Context(), cfg)
	require.NoError(t, err)
	text, _, err := app.OpenAPI()
	require.NoError(t, err)
	return text
}

// ownTags are the groups of operations that the README lists, in its order. One that was added is described by the
// OpenAPI document, and in the README if whoever added it wants to have it there.
var ownTags = []string{
	"Authentication", "Users", "Organizations", "Projects", "Tasks", "Comments", "Notifications", "Operations",
}

// TestTheTableOfOperationsIsThatOfTheProgram holds the README's table against the OpenAPI document.
func TestTheTableOfOperationsIsThatOfTheProgram(t *testing.T) {
	t.Parallel()
	methods := []string{"get", "post", "patch", "put", "delete"}
	type row struct {
		group, method int
		path, text    string
	}
	var rows []row
	for path, operations := range theDocument(t).Paths {
		for method, o := range operations {
			group, order := slices.Index(ownTags, o.Tags[0]), slices.Index(methods, method)
			if group < 0 {
				continue
			}
			require.GreaterOrEqual(t, order, 0, method)
			rows = append(rows, row{group, order, path, fmt.Sprintf("| `%s` | `%s` | %s |\n", strings.ToUpper(method), path, o.Summary)})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		switch {
		case a.group != b.group:
			return a.group - b.group
		case a.path != b.path:
			return strings.Compare(a.path, b.path)
		}
		return a.method - b.method
	})
	table := "| method | path | does |\n|---|---|---|\n"
	for _, r := range rows {
		table += r.text
	}
	require.Contains(t, read(t, filepath.Join(root, "README.md")), table, "the table of operations; it should be:\n%s", table)
}

// TestEveryCodeIsExplained holds the table of errors in docs/api.md against the codes of the OpenAPI document.
func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	codes := theDocument(t).Components.Schemas["Problem"].Properties["code"].Enum
	require.NotEmpty(t, codes)
	_, table, found := strings.Cut(read(t, filepath.Join(root, "docs", "api.md")), "| status | code | means |\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var explained []string
	for line := range strings.Lines(table) {
		for _, code := range span.FindAllStringSubmatch(strings.Split(line, "|")[2], -1) {
			explained = append(explained, code[1])
		}
	}
	require.ElementsMatch(t, codes, explained)
}

// TestTheBadgesAreTrue holds what the README's badges say against the files that decide it.
func TestTheBadgesAreTrue(t *testing.T) {
	t.Parallel()
	readme := read(t, filepath.Join(root, "README.md"))
	for _, c := range []struct{ badge, file, pattern string }{
		{`badge/go-%s-`, "go.mod", `(?m)^go (\d+\.\d+)`},
		{`badge/coverage-%%E2%%89%%A5%%20%s%%20%%25-`, "Makefile", `exit \$\$3 < (\d+)`},
		{`badge/licence-%s-`, "LICENSE", `^(\w+) License`},
	} {
		found := regexp.MustCompile(c.pattern).FindStringSubmatch(read(t, filepath.Join(root, c.file)))
		require.NotNil(t, found, c.file)
		require.Contains(t, readme, fmt.Sprintf(c.badge, found[1]))
	}
	require.Contains(t, readme, "badge/OpenAPI-"+theDocument(t).OpenAPI[:len("3.1")]+"-")
}
