package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// madeForTests are packages that a program has no use for. Kits of the house are known by their name.
var madeForTests = []string{
	"std:testing/**", "std:net/http/httptest", "github.com/stretchr/testify/**", "github.com/testcontainers/**",
	"github.com/ory/dockertest/**", "github.com/peterldowns/pgtestdb/**", "pgregory.net/rapid/**", "go.uber.org/goleak/**",
	"github.com/riverqueue/river/rivertest/**", "github.com/danielgtaylor/huma/v2/humatest/**", "e2e/**",
}

// bringTestsAlong are packages of libraries that link something made for tests, which nobody but their authors can
// change. River's services signal their tests, and its type for that asserts with testify.
var bringTestsAlong = []string{"github.com/riverqueue/river/rivershared/**"}

func isMadeForTests(target string) bool {
	external := strings.Contains(target, ".") || strings.HasPrefix(target, "std:")
	return matchAny(madeForTests, target, nil) || !external && isTestCode(target)
}

// checkProgram follows the imports of the program, as the go tool resolves them for this platform, and reports where
// the house brings in something that was made for tests, directly or through a library.
func checkProgram(t *tree, report reporter) error {
	if !t.has(programDir) {
		return nil
	}
	imports, err := t.linked()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		seen[pkg] = true
		for _, next := range imports[pkg] {
			inHouse := strings.HasPrefix(next, t.module+"/")
			switch {
			case isMadeForTests(t.target(next)):
				report(t.importOf(pkg, next), "the program links %s", t.target(next))
			case inHouse && !seen[next]:
				visit(next)
			case !inHouse:
				if chain := chainToTests(t, imports, next, map[string]bool{}); chain != nil {
					report(t.importOf(pkg, next), "the program links %s", strings.Join(chain, " → "))
				}
			}
		}
	}
	visit(t.module + "/" + programDir)
	return nil
}

// chainToTests returns how a library leads to something made for tests, or nil.
func chainToTests(t *tree, imports map[string][]string, pkg string, seen map[string]bool) []string {
	if isMadeForTests(t.target(pkg)) {
		return []string{pkg}
	}
	if seen[pkg] || matchAny(bringTestsAlong, t.target(pkg), nil) {
		return nil
	}
	seen[pkg] = true
	for _, next := range imports[pkg] {
		if chain := chainToTests(t, imports, next, seen); chain != nil {
			return append([]string{pkg}, chain...)
		}
	}
	return nil
}

// importOf finds the line on which a package of the house imports another package.
func (t *tree) importOf(from, to string) string {
	for _, f := range t.files {
		if f.dir != t.target(from) || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, i := range f.imports {
			if i.target == t.target(to) {
				return f.at(i.line)
			}
		}
	}
	return t.target(from)
}

// linked returns the imports of every package in the program. Packages that do not compile are listed all the same.
func (t *tree) linked() (map[string][]string, error) {
	list := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Imports", "./"+programDir)
	list.Dir = t.root
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	imports := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return imports, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		imports[pkg.ImportPath] = pkg.Imports
	}
}
