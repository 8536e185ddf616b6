package generate_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/generate"
)

const modulesFile = "bootstrap/modules.go"

// The modules of these tests are called ibexes: in a repository to which modules were added there may be labels already.

// The suite's word for it: what is generated is green, with one line and the import for it outside what is its own.
func TestAGeneratedModuleIsGreen(t *testing.T) {
	t.Parallel()
	h := borrow(t)
	before := h.files()
	result, err := h.generate("ibexes", "")
	require.NoError(t, err)

	after := h.files()
	added := slices.Collect(strings.Lines(after[modulesFile]))
	for line := range strings.Lines(before[modulesFile]) {
		at := slices.Index(added, line)
		require.GreaterOrEqual(t, at, 0, "lost %q", line)
		added = slices.Delete(added, at, at+1)
	}
	require.ElementsMatch(t, []string{"\t\"fasttrack/modules/ibexes\"\n", "\tibexes.New(d)\n"}, added)
	for file, text := range before {
		if file != modulesFile {
			require.Equal(t, text, after[file], file)
		}
	}
	maps.DeleteFunc(after, func(file, _ string) bool { _, was := before[file]; return was })
	require.Equal(t, result.Written, slices.Sorted(maps.Keys(after)))
	for file, text := range after {
		own := strings.HasPrefix(file, "modules/ibexes/") || strings.HasPrefix(file, "migrations/") ||
			strings.HasPrefix(file, "shared/events/")
		require.True(t, own, file)
		require.NotContains(t, strings.ToLower(text), "gadget", file)
		require.NotContains(t, text, "a ibex", file)
	}
	require.Contains(t, result.Next(), "ibexes.New(d)")

	h.requireRun("vet", "./modules/ibexes/...", "./bootstrap", "./shared/events")
	h.requireRun("test", "./modules/ibexes/...", "./shared/events", "./shared/archtest")
	h.requireRun("test", "./e2e", "-run", "TestModulesSayWhatTheyPublishAndHear|TestTheArchitectureIsDescribedAsItIs")

	// A second time it is refused, and nothing happens.
	again := h.files()
	_, err = h.generate("ibexes", "")
	require.ErrorContains(t, err, "there is a module ibexes already")
	require.Equal(t, again, h.files())
}

// Each rule of the house, broken in a generated module, is found, and the message says what to do instead. What the
// suite says of a house is what archtest finds in it.
func TestABrokenRuleIsFoundInAGeneratedModule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.generate("ibexes", "")
	require.NoError(t, err)
	require.Empty(t, h.violations())
	const inside = "modules/ibexes/internal/"
	for name, c := range map[string]struct {
		file, text string
		says       []string
	}{
		"a neighbour is imported": {
			"modules/ibexes/neighbour.go", "package ibexes\n\nimport _ \"fasttrack/modules/tasks\"\n",
			[]string{"[no-foreign-module]", "listen to the other module's events and keep a copy of what you need"},
		},
		"GORM in the domain": {
			inside + "domain/gorm.go", "package domain\n\nimport _ \"gorm.io/gorm\"\n",
			[]string{"[gorm]", "put the query into the module's gormstore", "[domain]"},
		},
		"a connection outside of a store": {
			inside + "application/conn.go",
			"package application\n\nfunc peek(db interface{ Conn(any) any }) any { return db.Conn(nil) }\n",
			[]string{"[conn]", "put the query into the module's gormstore"},
		},
		"an event with an aggregate": {
			"shared/events/ibex_aggregate.go",
			"package events\n\nimport \"fasttrack/modules/ibexes\"\n\ntype IbexMoved struct{ Module ibexes.Module }\n",
			[]string{"[event-fields]", "write the facts a listener needs as plain fields"},
		},
		"an event away from home": {
			inside + "domain/event.go", "package domain\n\ntype Moved struct{}\n\nfunc (Moved) EventName() string { return \"\" }\n",
			[]string{"[event-home]", "move the type to shared/events"},
		},
		"a subscription outside of New": {
			inside + "application/listen.go", "package application\n\nimport \"fasttrack/shared/eventbus\"\n\n" +
				"func Listen(b *eventbus.Bus) { eventbus.Subscribe[eventbus.Event](b, \"ibexes.listen\", nil) }\n",
			[]string{"[subscriptions]", "publish and subscribe in the module's New"},
		},
		"the time of the machine": {
			inside + "domain/now.go", "package domain\n\nimport \"time\"\n\nvar born = time.Now()\n",
			[]string{"[injected]", "use the clock and the id generator of the module's Deps"},
		},
		"a room that the house does not know": {
			inside + "util/util.go", "package util\n",
			[]string{"[rooms]", "[package-names]", "name it after what it holds"},
		},
	} {
		undo := h.write(c.file, c.text)
		found := h.violations()
		for _, says := range c.says {
			require.Contains(t, found, says, name)
		}
		undo()
	}
	require.Empty(t, h.violations())

	// The compiler refuses the inside of a neighbour by itself.
	undo := h.write("modules/ibexes/neighbour.go", "package ibexes\n\nimport _ \"fasttrack/modules/tasks/internal/domain\"\n")
	out, err := h.run("list", "./modules/ibexes")
	require.Error(t, err)
	require.Contains(t, out, "use of internal package")
	undo()
}

// The names that are given as examples are good ones.
func TestTheExamplesOfNamesAreGood(t *testing.T) {
	t.Parallel()
	example := regexp.MustCompile(`make module name=([a-z]+)(?: singular=([a-z]+))?`)
	seen := 0
	for _, file := range []string{"Makefile", "README.md", "docs/recipes.md", "docs/recipes/bounded-context.md"} {
		text, err := os.ReadFile(filepath.Join("../..", file))
		require.NoError(t, err)
		for _, found := range example.FindAllStringSubmatch(string(text), -1) {
			seen++
			if slices.Contains(added(t), found[1]) {
				continue // by whoever read it
			}
			_, err := newHouse(t).generate(found[1], found[2])
			require.NoError(t, err, "%s: %s", file, found[0])
		}
	}
	require.GreaterOrEqual(t, seen, 4)
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
		"accesses": "would be written twice", // domain/access.go
	} {
		_, err := h.generate(name, "")
		require.ErrorContains(t, err, why, name)
	}
	undo := h.write("bootstrap/wall.go", "package bootstrap\n\nfunc ibexes() {}\n")
	_, err := h.generate("ibexes", "")
	require.ErrorContains(t, err, "wall.go declares ibexes already")
	undo()
	undo = h.write("shared/events/testdata/ibexes.ibex_created.json", "{}")
	_, err = h.generate("ibexes", "")
	require.ErrorContains(t, err, "nothing is overwritten")
	undo()
	_, err = generate.Module(t.TempDir(), generate.Name{Plural: "ibexes", Singular: "ibex"})
	require.ErrorContains(t, err, "not the folder of fasttrack's go.mod")
	require.Equal(t, before, h.files())
}

// What was written before something went wrong is taken back, and so are the folders.
func TestAFailureHalfWayLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// A file where the last folder should be: all that comes before it has been written by then.
	require.NoError(t, os.RemoveAll(filepath.Join(h.root, "shared/events/testdata")))
	h.write("shared/events/testdata", "")
	before := h.files()
	_, err := h.generate("ibexes", "")
	require.Error(t, err)
	require.Equal(t, before, h.files())
	require.NoDirExists(t, filepath.Join(h.root, "modules/ibexes"))
}
