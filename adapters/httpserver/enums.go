package httpserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/casing"
)

// shareEnums gives an enumeration that several bodies repeat a name, so that generated clients have one type for it:
// TaskStatus, say, after the body with the shortest name that has a member like that. A new body with a shorter name would
// so rename a type of every client: e2e/testdata/openapi_names.txt holds the names. It works on the written document, since
// huma checks requests by the schemas that the document is written from.
func shareEnums(document []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber() // numbers stay as they are written
	var d map[string]any
	if err := decoder.Decode(&d); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	components, _ := d["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)

	repeated := map[string][]enumMember{}
	for _, name := range slices.SortedFunc(maps.Keys(schemas), shorterFirst) {
		properties, _ := schemas[name].(map[string]any)["properties"].(map[string]any)
		for _, member := range slices.Sorted(maps.Keys(properties)) {
			if e, is := enumOf(properties[member]); is {
				repeated[e] = append(repeated[e], enumMember{name, member, properties[member].(map[string]any)})
			}
		}
	}
	names := map[string]string{}
	for e, members := range repeated {
		name := members[0].schema + casing.Camel(members[0].property)
		if len(members) < 2 || schemas[name] != nil {
			continue
		}
		names[e] = name
		schemas[name] = map[string]any{"type": huma.TypeString, "enum": members[0].value["enum"]}
		for _, m := range members {
			refer(m.value, name)
		}
	}
	for _, path := range d["paths"].(map[string]any) {
		for _, operation := range path.(map[string]any) {
			parameters, _ := operation.(map[string]any)["parameters"].([]any)
			for _, parameter := range parameters {
				schema, _ := parameter.(map[string]any)["schema"].(map[string]any)
				if e, is := enumOf(schema); is && names[e] != "" {
					refer(schema, names[e])
				}
			}
		}
	}
	return json.Marshal(d)
}

// enumMember is a member of a body, or rather of its schema, whose value is one of a few.
type enumMember struct {
	schema, property string
	value            map[string]any
}

func shorterFirst(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// enumOf returns the values of an enumeration as a text to compare.
func enumOf(schema any) (string, bool) {
	s, _ := schema.(map[string]any)
	values, _ := s["enum"].([]any)
	return fmt.Sprint(values), len(values) > 0 && s["type"] == huma.TypeString
}

// refer puts a reference in the place of an enumeration; what it is for, and its default, stay beside it.
func refer(schema map[string]any, name string) {
	delete(schema, "type")
	delete(schema, "enum")
	schema["$ref"] = refPrefix + name
}
