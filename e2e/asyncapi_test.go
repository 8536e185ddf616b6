package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestTheAsyncAPIDocumentIsOne: /asyncapi.json is valid under the schema that the AsyncAPI Initiative publishes, all its
// references lead somewhere, and its examples are what it says.
func TestTheAsyncAPIDocumentIsOne(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	answer := p.Do("GET", "/asyncapi.json", nil).Wants(200)
	require.Equal(t, "application/vnd.aai.asyncapi+json; version=3.0.0", answer.Header.Get("Content-Type"))
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.Body))
	require.NoError(t, err)
	require.NoError(t, asyncAPISchema(t).Validate(document))

	whole := document.(map[string]any)
	references := 0
	walk(whole, func(node map[string]any) {
		if target, is := node["$ref"].(string); is {
			references++
			require.NotNil(t, at(whole, target), target)
		}
	})
	require.Greater(t, references, 20)

	messages := at(whole, "#/components/messages").(map[string]any)
	require.Contains(t, messages, "task_assigned")
	for name, message := range messages {
		for _, example := range message.(map[string]any)["examples"].([]any) {
			text, err := json.Marshal(example.(map[string]any)["payload"])
			require.NoError(t, err)
			require.NoError(t, p.Messages().Check(text), name)
		}
	}
	require.Equal(t, "/ws", at(whole, "#/channels/notifications").(map[string]any)["address"])
}

// TestTheSocketIsDescribedInFull holds the README against the AsyncAPI document: every message and every close code is
// there, and no other.
func TestTheSocketIsDescribedInFull(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	var document any
	require.NoError(t, json.Unmarshal(p.Do("GET", "/asyncapi.json", nil).Wants(200).Body, &document))
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## The socket\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")

	all := func(pattern, text string) (names []string) {
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	named := all(`\{"type":"([a-z_]+)"`, section)
	for line := range strings.Lines(section) {
		if _, others, ok := strings.Cut(line, "and so "); ok {
			named = append(named, all("`([a-z_]+)`", others)...)
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(at(document, "#/components/messages").(map[string]any))), named)

	description, _ := at(document, "#/channels/notifications").(map[string]any)["description"].(string)
	_, codes, found := strings.Cut(description, "Close codes: ")
	require.True(t, found)
	require.Equal(t, all(`(?:^|, )(\d{4}) `, codes), all(`(?m)^\| (\d{4}) \|`, section))
}

// asyncAPISchema is the schema of AsyncAPI 3.0 documents.
func asyncAPISchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/asyncapi-3.0.0.schema.json.gz")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	parsed, err := jsonschema.UnmarshalJSON(unzipped)
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	require.NoError(t, compiler.AddResource("asyncapi.schema.json", parsed))
	schema, err := compiler.Compile("asyncapi.schema.json")
	require.NoError(t, err)
	return schema
}

// walk visits every object of a document.
func walk(value any, visit func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(v)
		for _, member := range v {
			walk(member, visit)
		}
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	}
}

// at returns what a reference means, or nil.
func at(document any, reference string) any {
	for step := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		object, _ := document.(map[string]any)
		document = object[step]
	}
	return document
}
