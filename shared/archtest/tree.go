package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tree is the source of a module, parsed and not type-checked.
type tree struct {
	root   string
	module string  // its path, as in go.mod
	files  []*file // by path
}

// file is one Go file.
type file struct {
	path    string // from the root, with slashes
	dir     string // its package: the folder, from the root
	test    bool   // a _test.go, or in a test kit, or anywhere in e2e
	lines   int
	syntax  *ast.File
	set     *token.FileSet
	imports []imported
}

// imported is one import of a file.
type imported struct {
	name   string // by which the file calls it
	target string // "std:net/http", "github.com/google/uuid", or a folder of this module: "shared/ids"
	line   int
}

// where names a place in the file.
func (f *file) where(n ast.Node) string { return f.at(f.set.Position(n.Pos()).Line) }

func (f *file) at(line int) string { return fmt.Sprintf("%s:%d", f.path, line) }

// refersTo returns the target and the name when n is a name of an imported package, such as time.Now.
func (f *file) refersTo(n ast.Node) (target, name string) {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	qualifier, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	for _, i := range f.imports {
		if i.name == qualifier.Name {
			return i.target, selector.Sel.Name
		}
	}
	return "", ""
}

// has reports whether there is Go code in the folder or below it.
func (t *tree) has(dir string) bool {
	return slices.ContainsFunc(t.files, func(f *file) bool { return f.dir == dir || strings.HasPrefix(f.dir, dir+"/") })
}

// hasFile reports whether there is a Go file of this path.
func (t *tree) hasFile(path string) bool {
	return slices.ContainsFunc(t.files, func(f *file) bool { return f.path == path })
}

// modules returns the names of the bounded contexts.
func (t *tree) modules() []string {
	var names []string
	for _, f := range t.files {
		if bound, ok := match("modules/{m}/**", f.dir, nil); ok && !slices.Contains(names, bound["m"]) {
			names = append(names, bound["m"])
		}
	}
	return names
}

// program returns the files that are not test code.
func (t *tree) program() []*file {
	return slices.DeleteFunc(slices.Clone(t.files), func(f *file) bool { return f.test })
}

// in returns the files of one package that are not test code.
func (t *tree) in(dirPattern string) []*file {
	return slices.DeleteFunc(t.program(), func(f *file) bool {
		_, ok := match(dirPattern, f.dir, nil)
		return !ok
	})
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

func load(root string) (*tree, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	line := moduleLine.FindSubmatch(mod)
	if line == nil {
		return nil, errors.New("go.mod has no module line")
	}
	t := &tree{root: root, module: string(line[1])}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name != root && isElsewhere(name, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(name, ".go"):
			return t.add(name)
		default:
			return nil
		}
	})
	return t, err
}

// isElsewhere holds for folders that the go tool does not count to the module.
func isElsewhere(name, base string) bool {
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	return err == nil
}

// add parses a file; of one with syntax errors it keeps what could be read.
func (t *tree) add(name string) error {
	source, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone since the folder was listed
	}
	if err != nil {
		return err
	}
	relative, err := filepath.Rel(t.root, name)
	if err != nil {
		return err
	}
	f := &file{path: filepath.ToSlash(relative), set: token.NewFileSet(), lines: bytes.Count(source, []byte("\n"))}
	f.dir = path.Dir(f.path)
	f.test = strings.HasSuffix(name, "_test.go") || isTestCode(f.dir)
	f.syntax, _ = parser.ParseFile(f.set, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if f.syntax == nil {
		return nil
	}
	for _, spec := range f.syntax.Imports {
		f.imports = append(f.imports, t.resolve(spec, f.set.Position(spec.Pos()).Line))
	}
	t.files = append(t.files, f)
	return nil
}

// isTestCode holds for packages that exist for tests alone: e2e, and kits such as dbtest, with all below them.
func isTestCode(dir string) bool {
	segments := strings.Split(dir, "/")
	return segments[0] == "e2e" || slices.ContainsFunc(segments, func(s string) bool { return strings.HasSuffix(s, "test") })
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

func (t *tree) resolve(spec *ast.ImportSpec, line int) imported {
	name, _ := strconv.Unquote(spec.Path.Value)
	i := imported{name: path.Base(name), target: t.target(name), line: line}
	if majorVersion.MatchString(i.name) {
		i.name = path.Base(path.Dir(name))
	}
	if spec.Name != nil {
		i.name = spec.Name.Name
	}
	return i
}

// target brings an import path to the form that the rules use.
func (t *tree) target(importPath string) string {
	if inside, ok := strings.CutPrefix(importPath, t.module+"/"); ok {
		return inside
	}
	if first, _, _ := strings.Cut(importPath, "/"); !strings.Contains(first, ".") {
		return "std:" + importPath
	}
	return importPath
}
