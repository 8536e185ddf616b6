package generate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// checkClashes refuses a name that something else in the house goes by: the module would not compile, or would shadow
// a route or a table.
func checkClashes(root string, name Name) error {
	if _, err := os.Stat(filepath.Join(root, "modules", name.Plural)); err == nil {
		return fmt.Errorf("there is a module %s already; choose another name", name.Plural)
	}
	for _, check := range []func(string, Name) error{clashInTables, clashInRoutes, clashInEvents, clashInTemplates, clashInBootstrap} {
		if err := check(root, name); err != nil {
			return err
		}
	}
	return nil
}

// clashInTemplates refuses what the generated code, or the file that builds all modules, calls something else.
func clashInTemplates(root string, name Name) error {
	used := map[string]bool{}
	collect := func(file string, source any) error {
		syntax, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok {
				used[ident.Name] = true
			}
			return true
		})
		for _, i := range syntax.Imports {
			parts := strings.Split(strings.Trim(i.Path.Value, `"`), "/")
			used[parts[len(parts)-1]] = true
		}
		return nil
	}
	err := fs.WalkDir(templates, "template", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go.tmpl") {
			return err
		}
		source, err := templates.ReadFile(file)
		if err != nil {
			return err
		}
		return collect(file, source)
	})
	if err != nil {
		return err
	}
	if err := collect(filepath.Join(root, modulesFile), nil); err != nil {
		return err
	}
	for _, form := range []string{name.Plural, name.Singular, capital(name.Plural), name.Type()} {
		if used[form] {
			return fmt.Errorf("%s means something else in the code of a module; choose another name", form)
		}
	}
	return nil
}

// clashInBootstrap refuses what the package that imports the module declares, in whatever file of it.
func clashInBootstrap(root string, name Name) error {
	files, err := filepath.Glob(filepath.Join(root, filepath.Dir(modulesFile), "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if slices.Contains(declared(syntax), name.Plural) {
			return fmt.Errorf("%s declares %s already; choose another name", filepath.Base(file), name.Plural)
		}
	}
	return nil
}

// declared are the names of a file that the whole package knows.
func declared(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// clashInEvents refuses a name whose events are there: all modules declare theirs in one package.
func clashInEvents(root string, name Name) error {
	files, err := filepath.Glob(filepath.Join(root, "shared", "events", "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		var taken error
		ast.Inspect(syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			for _, suffix := range []string{"", "Created", "Changed", "Deleted"} {
				if ok && spec.Name.Name == name.Type()+suffix {
					taken = fmt.Errorf("%s has a type %s already; choose another name", filepath.Base(file), spec.Name.Name)
				}
			}
			return true
		})
		if taken != nil {
			return taken
		}
	}
	return nil
}

func clashInTables(root string, name Name) error {
	taken := regexp.MustCompile(`(?i)\bCREATE (VIRTUAL )?TABLE (IF NOT EXISTS )?` + name.Plural + `\b`)
	return eachFile(filepath.Join(root, "migrations"), ".sql", func(file, text string) error {
		if taken.MatchString(text) {
			return fmt.Errorf("%s makes a table %s already; choose another name", filepath.Base(file), name.Plural)
		}
		return nil
	})
}

// clashInRoutes refuses a name that the API has a path or an operation for.
func clashInRoutes(root string, name Name) error {
	taken := regexp.MustCompile(`Path:\s+"/` + name.Plural + `["/]|ID:\s+"[a-z]+-(` + name.Singular + `|` + name.Plural + `)"`)
	return eachFile(filepath.Join(root, "modules"), ".go", func(file, text string) error {
		if found := taken.FindString(text); found != "" {
			return fmt.Errorf("%s has a route %s already; choose another name", file, found)
		}
		return nil
	})
}

func eachFile(dir, extension string, check func(file, text string) error) error {
	return filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != extension {
			return err
		}
		text, err := os.ReadFile(file) //nolint:gosec // a file of the source tree
		if err != nil {
			return err
		}
		return check(file, string(text))
	})
}
