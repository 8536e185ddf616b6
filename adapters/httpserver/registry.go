package httpserver

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/casing"

	"fasttrack/shared/ids"
)

const (
	formatUUID = "uuid"
	formatTime = "date-time"
	refPrefix  = "#/components/schemas/"
)

// registry keeps the schemas of the document. It is huma's, but that it knows the project's own types (ids, times,
// members of a PATCH, bodies that are marshalled already), that a body without a type name is called after its
// operation, and that two modules may use one name: the second gets its module's name in front.
type registry struct {
	operation string // the id of the one that is being registered
	schemas   map[string]*huma.Schema
	types     map[string]reflect.Type
	names     map[reflect.Type]string
}

func newRegistry() *registry {
	return &registry{
		schemas: map[string]*huma.Schema{}, types: map[string]reflect.Type{}, names: map[reflect.Type]string{},
	}
}

// standIn is a type whose schema is that of another.
type standIn interface{ schemaType() reflect.Type }

// named is a type that chooses the name of its schema.
type named interface{ schemaName() string }

var (
	idType        = reflect.TypeFor[ids.ID]()
	timestampType = reflect.TypeFor[Timestamp]()
)

// Schema returns the schema of a type, or a reference to it.
func (r *registry) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	isPointer := t.Kind() == reflect.Pointer
	base := t
	for base.Kind() == reflect.Pointer {
		base = base.Elem()
	}
	switch {
	case base == idType:
		return &huma.Schema{
			Type: huma.TypeString, Format: formatUUID, Nullable: isPointer,
			Examples: []any{"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"},
		}
	case base == timestampType:
		return &huma.Schema{
			Type: huma.TypeString, Format: formatTime, Nullable: isPointer,
			Examples: []any{"2026-01-31T12:00:00.000000Z"},
		}
	case base.PkgPath() == "time" && base.Name() == "Time":
		panic("httpserver: a body or parameter has a time.Time: use httpserver.Timestamp, whose form is fixed")
	case isNullable(base):
		value, _ := base.FieldByName("Value")
		s := r.Schema(value.Type.Elem(), false, hint)
		s.Nullable = true
		return s
	}
	if other, ok := reflect.New(base).Interface().(standIn); ok {
		return r.Schema(other.schemaType(), allowRef, hint)
	}
	if base.Kind() == reflect.Slice || base.Kind() == reflect.Array {
		return huma.SchemaFromType(r, base)
	}
	if base.Kind() != reflect.Struct {
		return huma.SchemaFromType(r, t)
	}
	if _, custom := reflect.New(base).Interface().(huma.SchemaProvider); custom {
		return huma.SchemaFromType(r, t)
	}
	name, ok := r.names[base]
	if !ok {
		name = r.name(base, hint)
		r.names[base], r.types[name] = name, base
		r.schemas[name] = &huma.Schema{} // a type may hold itself
		*r.schemas[name] = *huma.SchemaFromType(r, base)
	}
	if allowRef {
		return &huma.Schema{Ref: refPrefix + name}
	}
	return r.schemas[name]
}

// isNullable recognizes patch.Nullable, which knows nothing of schemas.
func isNullable(t reflect.Type) bool {
	return t.PkgPath() == "fasttrack/shared/patch" && strings.HasPrefix(t.Name(), "Nullable[")
}

// name chooses a name that is still free.
func (r *registry) name(t reflect.Type, hint string) string {
	if t.Name() == "" && r.operation != "" {
		hint = casing.Camel(r.operation + "-request")
	}
	name := nameOf(t, hint)
	if _, taken := r.schemas[name]; !taken {
		return name
	}
	if module := moduleOf(t); module != "" {
		if _, taken := r.schemas[module+name]; !taken {
			return module + name
		}
	}
	for i := 2; ; i++ {
		numbered := fmt.Sprintf("%s%d", name, i)
		if _, taken := r.schemas[numbered]; !taken {
			return numbered
		}
	}
}

// nameOf is what a type is called if nothing else is called so.
func nameOf(t reflect.Type, hint string) string {
	if n, ok := reflect.New(t).Interface().(named); ok {
		return n.schemaName()
	}
	return huma.DefaultSchemaNamer(t, hint)
}

func moduleOf(t reflect.Type) string {
	_, path, ok := strings.Cut(t.PkgPath(), "/modules/")
	if !ok {
		return ""
	}
	module, _, _ := strings.Cut(path, "/")
	return strings.ToUpper(module[:1]) + module[1:]
}

// SchemaFromRef returns the schema that a reference means, or nil.
func (r *registry) SchemaFromRef(ref string) *huma.Schema {
	name, ok := strings.CutPrefix(ref, refPrefix)
	if !ok {
		return nil
	}
	return r.schemas[name]
}

// TypeFromRef returns the type that a reference means, or nil.
func (r *registry) TypeFromRef(ref string) reflect.Type {
	return r.types[strings.TrimPrefix(ref, refPrefix)]
}

// Map returns all schemas by name.
func (r *registry) Map() map[string]*huma.Schema { return r.schemas }

// RegisterTypeAlias is not supported: a type says by itself what stands for it.
func (r *registry) RegisterTypeAlias(reflect.Type, reflect.Type) {
	panic("httpserver: type aliases are not supported")
}

// MarshalJSON writes the components/schemas of the document.
func (r *registry) MarshalJSON() ([]byte, error) { return json.Marshal(r.schemas) }
