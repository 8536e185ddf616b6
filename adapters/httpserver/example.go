package httpserver

import "github.com/danielgtaylor/huma/v2"

// exampleOf puts an example together from those of the members.
func exampleOf(r huma.Registry, s *huma.Schema, depth int) any {
	const deepest = 8 // a type may hold itself
	if s == nil || depth > deepest {
		return nil
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	if s.Ref != "" {
		return exampleOf(r, r.SchemaFromRef(s.Ref), depth+1)
	}
	if len(s.AnyOf) > 0 {
		return exampleOf(r, s.AnyOf[0], depth+1)
	}
	if s.Default != nil {
		return s.Default
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		object := map[string]any{}
		for name, member := range s.Properties {
			object[name] = exampleOf(r, member, depth+1)
		}
		return object
	case huma.TypeArray:
		return []any{exampleOf(r, s.Items, depth+1)}
	case huma.TypeString:
		return "string"
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case huma.TypeBoolean:
		return true
	}
	return map[string]any{}
}
