package archtest

import "go/ast"

// doorNames are what a module's package may export at its top level.
var doorNames = map[string]bool{"Module": true, "New": true, "Deps": true, "Config": true}

// checkDoor looks at the package of each module: what it exports, and what that speaks of.
func checkDoor(t *tree, report reporter) error {
	for _, f := range t.in("modules/{m}") {
		for _, decl := range f.syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				checkDoorFunc(f, decl, report)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					checkDoorSpec(f, spec, report)
				}
			}
		}
	}
	return nil
}

func checkDoorFunc(f *file, decl *ast.FuncDecl, report reporter) {
	if !decl.Name.IsExported() {
		return
	}
	if decl.Recv == nil && !doorNames[decl.Name.Name] {
		report(f.where(decl), "%s exports %s", f.dir, decl.Name.Name)
	}
	refuseInside(f, decl.Name.Name, decl.Type, report)
}

func checkDoorSpec(f *file, spec ast.Spec, report reporter) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() {
				report(f.where(name), "%s exports %s", f.dir, name.Name)
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		if !doorNames[spec.Name.Name] {
			report(f.where(spec), "%s exports %s", f.dir, spec.Name.Name)
		}
		fields, isStruct := spec.Type.(*ast.StructType)
		if !isStruct {
			refuseInside(f, spec.Name.Name, spec.Type, report)
			return
		}
		for _, field := range fields.Fields.List {
			if len(field.Names) == 0 || field.Names[0].IsExported() {
				refuseInside(f, spec.Name.Name, field.Type, report)
			}
		}
	}
}

// refuseInside finds types of the module's inside in what the door shows.
func refuseInside(f *file, who string, shown ast.Node, report reporter) {
	ast.Inspect(shown, func(n ast.Node) bool {
		target, name := f.refersTo(n)
		if _, inside := match("modules/{m}/internal/**", target, nil); inside {
			report(f.where(n), "%s of %s shows %s of %s", who, f.dir, name, target)
		}
		return true
	})
}
