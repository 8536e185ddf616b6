package archtest

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// only refuses packages in any other folder. Each is reported once.
func only(folders ...string) check {
	return everywhere().except(folders...).testsToo().packages(func(f *file, report reporter) {
		report(f.where(f.syntax.Name), "package %s is in %s", f.syntax.Name.Name, f.dir)
	})
}

// packages looks at the first file of every package.
func (s scope) packages(look func(*file, reporter)) check {
	return func(t *tree, report reporter) error {
		seen := map[string]bool{}
		s.each(t, func(f *file, _ captures) {
			if !seen[f.dir] {
				seen[f.dir] = true
				look(f, report)
			}
		})
		return nil
	}
}

// outsideMains is everything but the mains of the program and of tools, which own their process.
func outsideMains() scope { return everywhere().except("bootstrap/cmd/**", "**/cmd/**") }

// checkRooms holds every module against the plan of the house.
func checkRooms(t *tree, report reporter) error {
	for _, m := range t.modules() {
		door := "modules/" + m
		where := door
		if files := t.in(door); len(files) > 0 {
			where = files[0].where(files[0].syntax.Name)
		}
		for _, name := range []string{"doc.go", "module.go", "module_test.go"} {
			if !t.hasFile(door + "/" + name) {
				report(where, "%s has no %s", door, name)
			}
		}
		for _, room := range []string{"domain", "ports", "application"} {
			if !t.has(door + "/internal/" + room) {
				report(where, "%s has no internal/%s", door, room)
			}
		}
	}
	return within("modules/{m}/internal/**").testsToo().except("modules/{m}/internal/domain/**",
		"modules/{m}/internal/ports/**", "modules/{m}/internal/application/**", "modules/{m}/internal/adapters/{a}/**").
		packages(func(f *file, report reporter) {
			report(f.where(f.syntax.Name), "%s is no room of a module", f.dir)
		})(t, report)
}

// refuseConn finds calls of a method Conn with an argument: the connection for a context.
func refuseConn(f *file, n ast.Node, report reporter) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "Conn" {
		report(f.where(n), "%s calls Conn", f.dir)
	}
}

func refuseInit(f *file, n ast.Node, report reporter) {
	if function, ok := n.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
		report(f.where(n), "%s has a func init", f.dir)
	}
}

var emptyNames = []string{
	"util", "utils", "common", "helper", "helpers", "manager", "managers", "model", "models", "misc",
}

// checkPackageNames looks at the folder and at the package clause, which may differ.
func checkPackageNames(t *tree, report reporter) error {
	return everywhere().testsToo().packages(func(f *file, report reporter) {
		folder := f.dir[strings.LastIndex(f.dir, "/")+1:]
		if slices.Contains(emptyNames, folder) || slices.Contains(emptyNames, f.syntax.Name.Name) {
			report(f.where(f.syntax.Name), "package %s in %s says nothing about what it holds", f.syntax.Name.Name, f.dir)
		}
	})(t, report)
}

var (
	emptySuffix = regexp.MustCompile(`(Impl|UseCase)$`)
	hungarian   = regexp.MustCompile(`^I[A-Z]`)
	initialism  = regexp.MustCompile(`^(ID|IO|IP)(s?$|[A-Z])`) // IDs, IPRange: names that begin like that honestly
)

func refuseNames(f *file, n ast.Node, report reporter) {
	var names []*ast.Ident
	switch n := n.(type) {
	case *ast.FuncDecl:
		names = []*ast.Ident{n.Name}
	case *ast.ValueSpec:
		names = n.Names
	case *ast.TypeSpec:
		names = []*ast.Ident{n.Name}
		_, isInterface := n.Type.(*ast.InterfaceType)
		if isInterface && hungarian.MatchString(n.Name.Name) && !initialism.MatchString(n.Name.Name) {
			report(f.where(n), "interface %s", n.Name.Name)
		}
	}
	for _, name := range names {
		if name.IsExported() && emptySuffix.MatchString(name.Name) {
			report(f.where(name), "%s", name.Name)
		}
	}
}

// The greatest number of lines in a file.
const (
	maxLines     = 400
	maxTestLines = 600
)

func checkFileLength(t *tree, report reporter) error {
	for _, f := range t.files {
		limit := maxLines
		if strings.HasSuffix(f.path, "_test.go") {
			limit = maxTestLines
		}
		if f.lines > limit && !ast.IsGenerated(f.syntax) {
			report(f.at(limit+1), "%s has %d lines", f.path, f.lines)
		}
	}
	return nil
}

// explained is a nolint as it should be.
var explained = regexp.MustCompile(`^//nolint:[a-z0-9_,-]+ // ?\S`)

func checkNolint(t *tree, report reporter) error {
	for _, f := range t.files {
		for _, group := range f.syntax.Comments {
			for _, comment := range group.List {
				if isNolint(comment.Text) && !explained.MatchString(comment.Text) {
					report(f.where(comment), "%s", nolintOnly(comment.Text))
				}
			}
		}
	}
	return nil
}

func isNolint(comment string) bool { return regexp.MustCompile(`^// ?nolint\b`).MatchString(comment) }

func nolintOnly(comment string) string {
	directive, _, _ := strings.Cut(strings.TrimPrefix(comment, "//"), "//")
	return fmt.Sprintf("%q without a linter or a reason", strings.TrimSpace(directive))
}
