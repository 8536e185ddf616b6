package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

const moduletestDir = "adapters/module/moduletest"

// tries are the functions there that try the fields of a state.
var tries = []string{"RequireFields", "RequireShown", "RequireListed"}

// checkStates finds the states of every domain, which are the structs that are called so, and those that a test of the module
// tries over HTTP. What has another name (Notification, AuditEntry) is tried by its own will.
func checkStates(t *tree, report reporter) error {
	for _, m := range t.modules() {
		door := "modules/" + m
		tried := map[string]bool{}
		for _, f := range t.files {
			if f.test && f.dir == door {
				ast.Inspect(f.syntax, func(n ast.Node) bool {
					tried[stateTried(f, n)] = true
					return true
				})
			}
		}
		for _, f := range t.in(door + "/internal/domain") {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				_, isStruct := spec.Type.(*ast.StructType)
				name := spec.Name.Name
				if isStruct && spec.Name.IsExported() && strings.HasSuffix(name, "State") && !tried[name] {
					report(f.where(spec), "no test of %s tries the fields of domain.%s", door, name)
				}
				return true
			})
		}
	}
	return nil
}

// stateTried returns State for moduletest.RequireFields[domain.State], or nothing.
func stateTried(f *file, n ast.Node) string {
	typed, ok := n.(*ast.IndexExpr)
	if !ok {
		return ""
	}
	target, name := f.refersTo(typed.X)
	if target != moduletestDir || !slices.Contains(tries, name) {
		return ""
	}
	_, state := f.refersTo(typed.Index)
	return state
}
