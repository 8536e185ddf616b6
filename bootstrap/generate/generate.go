// Package generate writes a bounded context in the shape that every module of the house has: complete, green, and
// about one thing that has a name and an owner. What it is about is for whoever asked for it to say.
//
// The templates below template/ are a module of gadgets. The word is replaced in all its forms, so that what one reads
// there is what one gets. It is a tool for the source tree, and no part of the program.
package generate

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed template
var templates embed.FS

// Result says what has been written.
type Result struct {
	Name      Name
	Written   []string // new files, from the root, in order
	Migration string   // the name of the pair
}

// Module writes the module of a name below root, the folder of go.mod. It refuses a name that is taken or would not
// compile. It never overwrites a file, and when it fails nothing of what it wrote stays.
func Module(root string, name Name) (Result, error) {
	r := Result{Name: name}
	if _, err := os.Stat(filepath.Join(root, modulesFile)); err != nil {
		return r, fmt.Errorf("%s is not the folder of fasttrack's go.mod: %w", root, err)
	}
	if err := checkClashes(root, name); err != nil {
		return r, err
	}
	number, err := nextMigration(root)
	if err != nil {
		return r, err
	}
	r.Migration = fmt.Sprintf("%05d_%s_create.sql", number, name.Plural)
	files, err := render(name, r.Migration)
	if err != nil {
		return r, err
	}
	for file, text := range golden(name) {
		files[file] = text
	}
	wired, err := wiring(root, name)
	if err != nil {
		return r, err
	}
	r.Written = slices.Sorted(maps.Keys(files))
	for _, file := range r.Written {
		if _, err := os.Lstat(filepath.Join(root, file)); !errors.Is(err, fs.ErrNotExist) {
			return r, fmt.Errorf("%s is there already, and nothing is overwritten", file)
		}
	}
	var done undo
	for _, file := range r.Written {
		if err := done.write(filepath.Join(root, file), files[file]); err != nil {
			return r, errors.Join(err, done.back())
		}
	}
	// Last, and whole or not at all: until then nobody knows of the module.
	if err := replace(filepath.Join(root, modulesFile), wired); err != nil {
		return r, errors.Join(err, done.back())
	}
	return r, nil
}

// render returns the files of the templates, by their paths from the root.
func render(name Name, migration string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(templates, "template", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := templates.ReadFile(file)
		if err != nil {
			return err
		}
		target := name.in(strings.TrimSuffix(strings.TrimPrefix(file, "template/"), ".tmpl"))
		target = strings.Replace(target, "create.sql", migration, 1)
		text := []byte(name.in(string(raw)))
		if path.Ext(target) == ".go" {
			if text, err = format.Source(text); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		if files[target] != nil {
			return fmt.Errorf("%s would be written twice; choose another name", target)
		}
		files[target] = text
		return nil
	})
	return files, err
}

// golden returns the JSON of each event as the test of shared/events fills it in.
func golden(name Name) map[string][]byte {
	id := func(field string) string {
		sum := sha256.Sum256([]byte(field))
		return `"0198c7a2-3b1e-7c11-9a44-` + hex.EncodeToString(sum[:6]) + `"`
	}
	const at, last = `  "at": "2026-01-02T03:04:05.000006Z"` + "\n}\n", `  "as_admin": true,` + "\n"
	own := func(from string) string {
		return fmt.Sprintf("  %q: %s,\n", name.Singular+"_id", id(from+"/"+name.Type()+"ID"))
	}
	owner := func(from string) string { return fmt.Sprintf("  \"owner_id\": %s,\n", id(from+"/OwnerID")) }
	by := fmt.Sprintf("  \"by_id\": %s,\n", id("/ByID"))
	part := "/" + name.Type()
	whole := "{\n" + own(part) + "  \"name\": \"the name\",\n" + owner(part) + "  \"version\": 7,\n" + by
	files := map[string][]byte{}
	for happened, text := range map[string]string{
		"created": whole + at,
		"changed": whole + last + at,
		"deleted": "{\n" + own("") + owner("") + by + last + at,
	} {
		files[fmt.Sprintf("shared/events/testdata/%s.%s_%s.json", name.Plural, name.Singular, happened)] = []byte(text)
	}
	return files
}

// modulesFile is the one file that knows of all modules.
const modulesFile = "bootstrap/modules.go"

// wiring returns that file with the line for the new module, and the import that Go wants for it.
func wiring(root string, name Name) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(root, modulesFile)) //nolint:gosec // a file of the source tree
	if err != nil {
		return nil, err
	}
	for _, i := range [][2]string{
		{"\t\"fasttrack/modules/comments\"\n", "\t\"fasttrack/modules/" + name.Plural + "\"\n"},
		// After those whose locks are in an order: a new module's come last.
		{"\tcomments.New(d)\n", "\t" + name.Plural + ".New(d)\n"},
	} {
		if bytes.Count(raw, []byte(i[0])) != 1 {
			return nil, fmt.Errorf("%s: the line %q is not there once, so it is not known where to add to it",
				modulesFile, strings.TrimSpace(i[0]))
		}
		raw = bytes.Replace(raw, []byte(i[0]), []byte(i[0]+i[1]), 1)
	}
	if raw, err = format.Source(raw); err != nil { // imports in their order
		return nil, fmt.Errorf("%s: %w", modulesFile, err)
	}
	return raw, nil
}

var numbered = regexp.MustCompile(`^(\d{5})_.*\.sql$`)

func nextMigration(root string) (int, error) {
	next := 1
	for _, dialect := range []string{"sqlite", "postgres"} {
		entries, err := os.ReadDir(filepath.Join(root, "migrations", dialect))
		if err != nil {
			return 0, err
		}
		for _, entry := range entries {
			if found := numbered.FindStringSubmatch(entry.Name()); found != nil {
				n, _ := strconv.Atoi(found[1]) // five digits
				next = max(next, n+1)
			}
		}
	}
	return next, nil
}
