package generate

import "fmt"

// Next tells what there is now and what to do with it.
func (r Result) Next() string {
	return fmt.Sprintf(`There is a module %[1]s now, complete and green: %[3]d new files, and its line
  %[1]s.New(d)
with its import in %[4]s.

Try it:
  make test PACKAGES="./modules/%[1]s/... ./shared/... ./migrations/..."
  make run, and http://localhost:8000/docs

Make it yours, from the inside out (docs/recipes.md):
  modules/%[1]s/internal/domain/         what %[5]s is, its rules, who may do what (access.go)
  migrations/*/%[2]s    its table, in both dialects
  modules/%[1]s/internal/adapters/       rows and queries; routes and shapes
  shared/events/%[1]s.go                 what others may learn; then go test ./shared/events -update
  modules/%[1]s/testdata/matrix.txt      who may call which route
  modules/%[1]s/doc.go                   what it owns, publishes and listens to: the suite holds it to that
  make verify`,
		r.Name.Plural, r.Migration, len(r.Written), modulesFile, r.Name.in("a gadget"))
}
