package generate_test

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/generate"
)

// house is a copy of the repository.
type house struct {
	t    *testing.T
	root string
}

// newHouse copies the sources, and nothing that a run left behind.
func newHouse(t *testing.T) house {
	t.Helper()
	h := house{t, t.TempDir()}
	const from = "../.."
	leave := []string{".git", "bin", "data", ".env", "node_modules"}
	require.NoError(t, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case slices.Contains(leave, relative) && entry.IsDir():
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(h.root, relative), 0o750)
		case slices.Contains(leave, relative) || !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(h.root, relative), text, 0o600)
	}))
	return h
}

// files are all files and what is in them.
func (h house) files() map[string]string {
	h.t.Helper()
	all := map[string]string{}
	require.NoError(h.t, filepath.WalkDir(h.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		relative, _ := filepath.Rel(h.root, path)
		all[filepath.ToSlash(relative)] = string(text)
		return err
	}))
	return all
}

func (h house) generate(name, singular string) (generate.Result, error) {
	parsed, err := generate.ParseName(name, singular)
	if err != nil {
		return generate.Result{}, err
	}
	return generate.Module(h.root, parsed)
}

// run runs the go tool in the house, and returns what it printed.
func (h house) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), 8*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = h.root
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly")
	command.WaitDelay = time.Minute
	out, err := command.CombinedOutput()
	return string(out), err
}

func (h house) requireRun(args ...string) {
	h.t.Helper()
	out, err := h.run(args...)
	require.NoError(h.t, err, "go %s\n%s", strings.Join(args, " "), out)
}

// The suite's word for it: what is generated is green, with one import and one call outside what is the module's own.
func TestAGeneratedModuleIsGreen(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and tests a copy of the repository")
	}
	t.Parallel()
	h := newHouse(t)
	before := h.files()
	result, err := h.generate("invoices", "")
	require.NoError(t, err)

	after := h.files()
	for file, text := range before {
		if !slices.Contains(result.Changed, file) {
			require.Equal(t, text, after[file], file)
		}
	}
	require.Equal(t, []string{"bootstrap/modules.go", "shared/events/events_test.go"}, result.Changed)
	for file, want := range map[string][]string{
		"bootstrap/modules.go": {"\t\"fasttrack/modules/invoices\"\n", "\tinvoices.New(d)\n"},
		"shared/events/events_test.go": {
			"\tevents.InvoiceCreated{},\n", "\tevents.InvoiceChanged{},\n", "\tevents.InvoiceDeleted{},\n",
		},
	} {
		lines := slices.Collect(strings.Lines(after[file]))
		for line := range strings.Lines(before[file]) {
			at := slices.Index(lines, line)
			require.GreaterOrEqual(t, at, 0, "%s lost %q", file, line)
			lines = slices.Delete(lines, at, at+1)
		}
		require.ElementsMatch(t, want, lines, file)
	}
	maps.DeleteFunc(after, func(file, _ string) bool { _, was := before[file]; return was })
	require.ElementsMatch(t, result.Written, slices.Collect(maps.Keys(after)))
	for file, text := range after {
		own := strings.HasPrefix(file, "modules/invoices/") || strings.HasPrefix(file, "migrations/") ||
			strings.HasPrefix(file, "shared/events/")
		require.True(t, own, file)
		require.NotContains(t, strings.ToLower(text), "gadget", file)
		require.NotContains(t, text, "a invoice", file)
	}

	h.requireRun("vet", "./modules/invoices/...", "./bootstrap", "./shared/events")
	h.requireRun("test", "./modules/invoices/...", "./shared/events", "./shared/archtest")
	h.requireRun("test", "./e2e", "-run", "TestModulesSayWhatTheyPublishAndHear|TestTheArchitectureIsDescribedAsItIs")

	// A second time it is refused, and nothing happens.
	again := h.files()
	_, err = h.generate("invoices", "")
	require.ErrorContains(t, err, "there is a module invoices already")
	require.Equal(t, again, h.files())
}

// Each rule of the house, broken in a generated module, is found, and the message says what to do instead.
func TestABrokenRuleIsFoundInAGeneratedModule(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles parts of a copy of the repository")
	}
	t.Parallel()
	h := newHouse(t)
	_, err := h.generate("labels", "")
	require.NoError(t, err)
	const inside = "modules/labels/internal/"
	for name, c := range map[string]struct {
		file, text string // "" appends to nothing: a new file
		command    []string
		says       []string
	}{
		"a neighbour is imported": {
			"modules/labels/neighbour.go", "package labels\n\nimport _ \"fasttrack/modules/tasks\"\n",
			nil,
			[]string{"[no-foreign-module]", "listen to the other module's events and keep a copy of what you need"},
		},
		"the inside of a neighbour is imported": {
			"modules/labels/neighbour.go", "package labels\n\nimport _ \"fasttrack/modules/tasks/internal/domain\"\n",
			[]string{"build", "./modules/labels"},
			[]string{"use of internal package"},
		},
		"GORM in the domain": {
			inside + "domain/gorm.go", "package domain\n\nimport _ \"gorm.io/gorm\"\n",
			nil,
			[]string{"[gorm]", "put the query into the module's gormstore", "[domain]"},
		},
		"a connection outside of a store": {
			inside + "application/conn.go",
			"package application\n\nfunc peek(db interface{ Conn(any) any }) any { return db.Conn(nil) }\n",
			nil,
			[]string{"[conn]", "put the query into the module's gormstore"},
		},
		"an event with an aggregate": {
			"shared/events/label_aggregate.go",
			"package events\n\nimport \"fasttrack/modules/labels\"\n\ntype LabelMoved struct{ Module labels.Module }\n",
			nil,
			[]string{"[event-fields]", "write the facts a listener needs as plain fields"},
		},
		"an event away from home": {
			inside + "domain/event.go", "package domain\n\ntype Moved struct{}\n\nfunc (Moved) EventName() string { return \"\" }\n",
			nil,
			[]string{"[event-home]", "move the type to shared/events"},
		},
		"a subscription outside of New": {
			inside + "application/listen.go", "package application\n\nimport \"fasttrack/shared/eventbus\"\n\n" +
				"func Listen(b *eventbus.Bus) { eventbus.Subscribe[eventbus.Event](b, \"labels.listen\", nil) }\n",
			nil,
			[]string{"[subscriptions]", "publish and subscribe in the module's New"},
		},
		"the time of the machine": {
			inside + "domain/now.go", "package domain\n\nimport \"time\"\n\nvar born = time.Now()\n",
			nil,
			[]string{"[injected]", "use the clock and the id generator of the module's Deps"},
		},
		"a room that the house does not know": {
			inside + "util/util.go", "package util\n",
			nil,
			[]string{"[rooms]", "[package-names]", "name it after what it holds"},
		},
	} {
		file := filepath.Join(h.root, c.file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		if c.command == nil {
			c.command = []string{"test", "./shared/archtest", "-run", "TestTheHouse"}
		}
		out, err := h.run(c.command...)
		require.Error(t, err, name)
		for _, says := range c.says {
			require.Contains(t, out, says, name)
		}
		require.NoError(t, os.Remove(file))
		if filepath.Base(filepath.Dir(file)) == "util" {
			require.NoError(t, os.Remove(filepath.Dir(file)))
		}
	}
	h.requireRun("test", "./shared/archtest", "-run", "TestTheHouse")
}

// What is there already goes by its name, and a name that would not compile is refused before anything is written.
func TestNamesThatAreTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := h.files()
	for name, why := range map[string]string{
		"tasks":    "there is a module tasks",
		"users":    "makes a table users already",
		"sessions": "makes a table sessions already",
		"members":  "has a route",
		"events":   "means something else in the code of a module",
		"changes":  "means something else in the code of a module",
		"stores":   "means something else in the code of a module",
		"metrics":  "means something else in the code of a module", // in bootstrap/modules.go
		"persons":  "has a type Person already",
	} {
		_, err := h.generate(name, "")
		require.ErrorContains(t, err, why, name)
	}
	taken := filepath.Join(h.root, "shared", "events", "testdata", "labels.label_created.json")
	require.NoError(t, os.WriteFile(taken, []byte("{}"), 0o600))
	_, err := h.generate("labels", "")
	require.ErrorContains(t, err, "nothing is overwritten")
	require.NoError(t, os.Remove(taken))
	require.Equal(t, before, h.files())
}
