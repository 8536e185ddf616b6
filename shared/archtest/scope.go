package archtest

import (
	"go/ast"
	"slices"
)

// scope is a part of the tree that a rule speaks of. Test code is not in it unless said so.
type scope struct {
	in, out []string
	tests   bool
}

// within begins a rule about the packages that match one of the patterns.
func within(patterns ...string) scope { return scope{in: patterns} }

// everywhere begins a rule about all packages.
func everywhere() scope { return within("**") }

// except leaves out packages, or single files, that match one of the patterns.
func (s scope) except(patterns ...string) scope {
	s.out = slices.Concat(s.out, patterns)
	return s
}

// testsToo brings test code under the rule.
func (s scope) testsToo() scope {
	s.tests = true
	return s
}

// each calls visit for every file of the scope, with what the pattern has captured.
func (s scope) each(t *tree, visit func(*file, captures)) {
	for _, f := range t.files {
		if f.test && !s.tests || matchAny(s.out, f.dir, nil) || matchAny(s.out, f.path, nil) {
			continue
		}
		for _, pattern := range s.in {
			if bound, ok := match(pattern, f.dir, nil); ok {
				visit(f, bound)
				break
			}
		}
	}
}

// neverImports refuses every import that matches one of the targets.
func (s scope) neverImports(targets ...string) check {
	return s.imports(func(target string, bound captures) bool { return !matchAny(targets, target, bound) })
}

// importsOnly refuses every import that matches none of the targets.
func (s scope) importsOnly(targets ...string) check {
	return s.imports(func(target string, bound captures) bool { return matchAny(targets, target, bound) })
}

func (s scope) imports(allowed func(target string, bound captures) bool) check {
	return func(t *tree, report reporter) error {
		s.each(t, func(f *file, bound captures) {
			for _, i := range f.imports {
				if !allowed(i.target, bound) {
					report(f.at(i.line), "%s imports %s", f.dir, i.target)
				}
			}
		})
		return nil
	}
}

// neverUses refuses names of a package that it may import otherwise: calls, and values such as time.Now handed on.
func (s scope) neverUses(target string, names ...string) check {
	return s.nodes(func(f *file, n ast.Node, report reporter) {
		if used, name := f.refersTo(n); used == target && slices.Contains(names, name) {
			report(f.where(n), "uses %s of %s", name, target)
		}
	})
}

// nodes looks at every node of the syntax of every file.
func (s scope) nodes(look func(*file, ast.Node, reporter)) check {
	return func(t *tree, report reporter) error {
		s.each(t, func(f *file, _ captures) {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				look(f, n, report)
				return true
			})
		})
		return nil
	}
}
