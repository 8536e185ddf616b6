package harness

import (
	"maps"
	"slices"
	"strings"
)

// Operation is one operation of the OpenAPI document.
type Operation struct {
	ID     string
	Method string
	Path   string // with parameters in braces
	Public bool   // works without a token, though it may look at one
	Raw    map[string]any
	whole  *contract
}

// operations lists them in the order of path and method.
func (c *contract) operations() []Operation {
	var all []Operation
	paths, _ := c.document["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, _ := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			raw, ok := item[method].(map[string]any)
			if !ok {
				continue // what all methods of the path share
			}
			id, _ := raw["operationId"].(string)
			security, _ := raw["security"].([]any)
			public := len(security) == 0 || slices.ContainsFunc(security, isNothing)
			all = append(all, Operation{id, strings.ToUpper(method), path, public, raw, c})
		}
	}
	return all
}

// isNothing reports whether a security requirement asks for nothing.
func isNothing(requirement any) bool {
	r, is := requirement.(map[string]any)
	return is && len(r) == 0
}

// Parameters returns the names of the parameters that are in "path", "query" or "header".
func (o Operation) Parameters(in string) []string {
	var names []string
	list, _ := o.Raw["parameters"].([]any)
	for _, p := range list {
		if parameter, _ := p.(map[string]any); parameter["in"] == in {
			names = append(names, parameter["name"].(string))
		}
	}
	return names
}

// Responses returns the documented responses by status, as in "201".
func (o Operation) Responses() map[string]map[string]any {
	responses := map[string]map[string]any{}
	list, _ := o.Raw["responses"].(map[string]any)
	for status, response := range list {
		responses[status], _ = response.(map[string]any)
	}
	return responses
}

// BodyExample returns the example of the JSON body that the operation takes; ok is false if it takes none.
func (o Operation) BodyExample() (example map[string]any, ok bool) {
	media, ok := lookup(o.Raw, []string{"requestBody", "content", "application/json"}).(map[string]any)
	example, _ = media["example"].(map[string]any)
	return maps.Clone(example), ok
}

// Validate holds a value against the schema of the body that is sent with a status, or, with "", of the request's.
func (o Operation) Validate(status, media string, value any) error {
	at := []string{"paths", o.Path, strings.ToLower(o.Method)}
	if status == "" {
		at = append(at, "requestBody")
	} else {
		at = append(at, "responses", status)
	}
	schema, err := o.whole.schema(pointer(append(at, "content", media, "schema")))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// Document returns the whole OpenAPI document.
func (c *Client) Document() map[string]any { return c.contract.document }

// BodyMembers returns the names of the members that the JSON body of the operation may have.
func (o Operation) BodyMembers() []string {
	schema, _ := lookup(o.Raw, []string{"requestBody", "content", "application/json", "schema"}).(map[string]any)
	for {
		reference, ok := schema["$ref"].(string)
		if !ok {
			break
		}
		schema, _ = lookup(o.whole.document, strings.Split(strings.TrimPrefix(reference, "#/"), "/")).(map[string]any)
	}
	properties, _ := schema["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}
