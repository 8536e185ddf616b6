package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

const (
	eventsDir  = "shared/events"
	programDir = "bootstrap/cmd/fasttrack"
)

// checkEventHome knows an event by its method EventName.
func checkEventHome(t *tree, report reporter) error {
	return everywhere().except(eventsDir).nodes(func(f *file, n ast.Node, report reporter) {
		if method, ok := n.(*ast.FuncDecl); ok && method.Recv != nil && method.Name.Name == "EventName" {
			report(f.where(n), "there is an event in %s", f.dir)
		}
	})(t, report)
}

// checkEventFiles speaks only once there is a program: until then a module may be on its way.
func checkEventFiles(t *tree, report reporter) error {
	modules := t.modules()
	for _, f := range t.in(eventsDir) {
		name := strings.TrimSuffix(f.path[len(eventsDir)+1:], ".go")
		if name != "events" && name != "doc" && !slices.Contains(modules, name) && t.has(programDir) {
			report(f.where(f.syntax.Name), "there is no module %s", name)
		}
	}
	return nil
}

// checkEventFields looks at every struct of shared/events: events, and the parts they are made of.
func checkEventFields(t *tree, report reporter) error {
	parts := map[string]bool{}
	eachStruct(t, func(_ *file, name string, _ *ast.StructType) { parts[name] = true })
	eachStruct(t, func(f *file, name string, s *ast.StructType) {
		for _, field := range s.Fields.List {
			if !isPlain(f, field.Type, parts) {
				report(f.where(field), "a field of %s is neither plain nor a part", name)
			}
		}
	})
	return nil
}

func eachStruct(t *tree, visit func(*file, string, *ast.StructType)) {
	for _, f := range t.in(eventsDir) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					visit(f, spec.Name.Name, s)
				}
			}
			return true
		})
	}
}

var plainTypes = []string{"string", "bool", "int", "int32", "int64", "float64"}

// isPlain allows plain values, pointers to them, lists of ids, and parts as values.
func isPlain(f *file, expr ast.Expr, parts map[string]bool) bool {
	if list, ok := expr.(*ast.ArrayType); ok && list.Len == nil {
		target, name := f.refersTo(list.Elt)
		return target == "shared/ids" && name == "ID"
	}
	if part, ok := expr.(*ast.Ident); ok && parts[part.Name] {
		return true
	}
	if pointer, ok := expr.(*ast.StarExpr); ok {
		expr = pointer.X
	}
	if ident, ok := expr.(*ast.Ident); ok {
		return slices.Contains(plainTypes, ident.Name)
	}
	target, name := f.refersTo(expr)
	return target == "shared/ids" && name == "ID" || target == "std:time" && name == "Time"
}
