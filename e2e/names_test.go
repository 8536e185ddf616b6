package e2e_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write golden files anew; look at what changed before you commit it")

// TestNamesInTheOpenAPIDocumentStay holds what generated clients call their methods and types against a golden file: the
// ids of operations, the schemas that they use, and for an enumeration its values and who has it (its name is
// chosen in adapters/httpserver/enums.go). What is of modules that were added is left out.
func TestNamesInTheOpenAPIDocumentStay(t *testing.T) {
	t.Parallel()
	const golden = "testdata/openapi_names.txt"
	have := namesOf(t, theDocumentText(t))
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(have), 0o600))
	}
	require.Equal(t, read(t, golden), have, "generated clients call methods and types so: a new name is added by "+
		"go test ./e2e -run NamesInTheOpenAPI -update, one that is lost or changed breaks every client")
}

func namesOf(t *testing.T, document []byte) string {
	t.Helper()
	var d struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(document, &d))
	var lines []string
	used := map[string][]string{} // schemas, and those that refer to them
	var use func(by, from string)
	use = func(by, from string) {
		for _, part := range strings.Split(from, `"#/components/schemas/`)[1:] {
			name, _, _ := strings.Cut(part, `"`)
			isNew := used[name] == nil
			if !slices.Contains(used[name], by) {
				used[name] = append(used[name], by)
			}
			if isNew {
				use(name, string(d.Components.Schemas[name]))
			}
		}
	}
	for path, methods := range d.Paths {
		for method, raw := range methods {
			var o struct {
				OperationID string
				Tags        []string
			}
			require.NoError(t, json.Unmarshal(raw, &o))
			if slices.Contains(ownTags, o.Tags[0]) {
				lines = append(lines, fmt.Sprintf("operation %s: %s %s\n", o.OperationID, strings.ToUpper(method), path))
				use(o.OperationID, string(raw))
			}
		}
	}
	slices.Sort(lines)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		var s struct{ Enum []string }
		require.NoError(t, json.Unmarshal(d.Components.Schemas[name], &s))
		line := "schema " + name
		if s.Enum != nil {
			line += fmt.Sprintf(": %s; of %s", strings.Join(s.Enum, ", "), strings.Join(slices.Sorted(slices.Values(used[name])), ", "))
		}
		lines = append(lines, line+"\n")
	}
	return strings.Join(lines, "")
}
