package migrations

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"fasttrack/adapters/database"
)

// file is one migration as it stands in the source.
type file struct {
	version  int64
	name     string
	text     string
	breaking bool
}

var fileName = regexp.MustCompile(`^(\d{5})_([a-z][a-z0-9]*)_[a-z0-9_]+\.sql$`)

// list returns the migrations of a dialect in order.
func list(source fs.FS, dialect database.Dialect) ([]file, error) {
	names, err := fs.Glob(source, path.Join(string(dialect), "*.sql"))
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range names { // sorted, and the numbers have a fixed width
		text, err := fs.ReadFile(source, name)
		if err != nil {
			return nil, err
		}
		parts := fileName.FindStringSubmatch(path.Base(name))
		if parts == nil {
			return nil, fmt.Errorf("migration %s: must be named like 00007_tasks_add_labels.sql", name)
		}
		version, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return nil, err
		}
		files = append(files, file{
			version: version, name: path.Base(name), text: string(text), breaking: isBreaking(string(text)),
		})
	}
	return files, nil
}

// isBreaking looks for the line "-- breaking" in the comment above the first statement.
func isBreaking(text string) bool {
	header, _, _ := strings.Cut(text, "-- +goose Up")
	for line := range strings.Lines(header) {
		if strings.TrimSpace(line) == "-- breaking" {
			return true
		}
	}
	return false
}

const template = `-- Module: %s. Say here what this changes, and why.

-- +goose Up

-- +goose Down
`

// Create writes the next pair of migrations below dir (the folder of this package in the source) and returns their
// paths. The name begins with the module: tasks_add_labels.
func Create(dir, name string) ([]string, error) {
	source := os.DirFS(dir)
	next := int64(1)
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		files, err := list(source, dialect)
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			next = max(next, files[len(files)-1].version+1)
		}
	}
	base := fmt.Sprintf("%05d_%s.sql", next, name)
	parts := fileName.FindStringSubmatch(base)
	if parts == nil {
		return nil, fmt.Errorf("%q: a migration is named like tasks_add_labels: its module, then what it does", name)
	}
	var paths []string
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		p := filepath.Join(dir, string(dialect), base)
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			return nil, err
		}
		if err := os.WriteFile(p, fmt.Appendf(nil, template, parts[2]), 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}
