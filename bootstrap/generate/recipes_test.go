package generate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	step    = regexp.MustCompile("(?ms)^```(bash|diff)\n(.*?)^```$")
	chapter = regexp.MustCompile(`\]\((recipes/[a-z-]+\.md)\)`)
)

// TestTheRecipesWorkAsTheyAreWritten carries out the pages that docs/recipes.md lists, in order, in a copy of the
// repository: their bash blocks are run, their diffs applied.
func TestTheRecipesWorkAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	if slices.Contains(added(t), "labels") {
		t.Skip("the recipes make labels, and here there are some already")
	}
	h := borrow(t)
	const docs = "../../docs"
	index, err := os.ReadFile(filepath.Join(docs, "recipes.md"))
	require.NoError(t, err)
	var pages []string
	for _, found := range chapter.FindAllStringSubmatch(string(index), -1) {
		pages = append(pages, filepath.Join(docs, found[1]))
	}
	there, err := filepath.Glob(filepath.Join(docs, "recipes", "*.md"))
	require.NoError(t, err)
	require.Equal(t, there, slices.Sorted(slices.Values(pages)), "docs/recipes.md lists every page once")
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		steps := step.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, steps, page)
		for _, s := range steps {
			program := []string{"bash", "-e"}
			if s[1] == "diff" {
				program = []string{"git", "apply", "-"}
			}
			out, err := h.exec(s[2], program[0], program[1:]...)
			require.NoError(t, err, "%s\n%s\n%s", page, s[2], out)
		}
	}
	require.Empty(t, h.violations())
}

// TestTheRecipeOfAFieldNamesItsFiles holds the table of the recipe against its diff, which is applied as it stands.
func TestTheRecipeOfAFieldNamesItsFiles(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/recipes/field.md")
	require.NoError(t, err)
	var named, changed []string
	for _, found := range regexp.MustCompile("(?m)^\\| `([^`]+\\.go)`").FindAllStringSubmatch(string(page), -1) {
		named = append(named, "modules/labels/"+found[1])
	}
	for _, found := range regexp.MustCompile(`(?m)^--- a/(.*)$`).FindAllStringSubmatch(string(page), -1) {
		changed = append(changed, found[1])
	}
	require.ElementsMatch(t, named, changed)
}

// TestTheWorkedExamplePasses applies docs/examples/labels.patch and has the module tested, by itself and as a part of the
// program, by the tests that find the routes and lists of whatever module there is.
func TestTheWorkedExamplePasses(t *testing.T) {
	t.Parallel()
	if more := added(t); len(more) > 0 {
		t.Skipf("the example is a patch of fasttrack as it comes, and here is more: %v", more)
	}
	h := borrow(t)
	patch, err := os.ReadFile("../../docs/examples/labels.patch")
	require.NoError(t, err)
	out, err := h.exec(string(patch), "git", "apply", "-")
	require.NoError(t, err, out)
	require.Empty(t, h.violations())
	h.requireRun("vet", "./modules/labels/...", "./shared/events", "./migrations", "./bootstrap/cli", "./e2e")
	h.requireRun("test", "./modules/labels/...", "./shared/events")
	h.requireRun("test", "./migrations", "-run", "Labels|UpAndDown|BothDialects|EveryFile")
	h.requireRun("test", "./bootstrap/cli", "-run", "TestDoctor")
	h.env = append(h.env, "ADDED_ONLY=1")
	h.requireRun("test", "./e2e", "-run", "^Test(WhoMayDoWhat|ListsAndWritesKeepTheirPromises|EveryListTakesLimitAndCursor|"+
		"EveryListIsReadAlongAnIndex|NothingThatIsSentMakesTheServerFail|WhatIsForeignDoesNotExist|"+
		"ACursorServesOnlyTheListItCameFrom|ARequestCostsFewStatements|ModulesSayWhatTheyPublishAndHear|"+
		"TheArchitectureIsDescribedAsItIs)$")
}

// added are the modules that fasttrack does not come with.
func added(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("../../modules/*/module.go")
	require.NoError(t, err)
	var names []string
	for _, path := range all {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	ownModules := []string{"identity", "organizations", "projects", "tasks", "comments", "notifications"}
	require.Subset(t, names, ownModules)
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(ownModules, name) })
}
