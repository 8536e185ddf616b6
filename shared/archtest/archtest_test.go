package archtest

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheHouse holds the repository against its rules.
func TestTheHouse(t *testing.T) {
	t.Parallel()
	found, err := Check("../..")
	require.NoError(t, err)
	for _, v := range found {
		t.Error(v)
	}
}

// TestTheRulesBite runs the rules over a house that breaks them all, and expects exactly what it says of itself: next
// to an offending line stands // want "rule", once for each violation.
func TestTheRulesBite(t *testing.T) {
	t.Parallel()
	found, err := Check("testdata/house")
	require.NoError(t, err)
	var have []string
	for _, v := range found {
		have = append(have, fmt.Sprintf("%s %q", v.Where, v.Rule))
	}
	want := wanted(t, "testdata/house")
	require.Empty(t, without(want, have), "broken and not found")
	require.Empty(t, without(have, want), "found and not broken")

	for _, r := range rules {
		require.True(t, slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == r.name }),
			"testdata/house breaks every rule, but not %s", r.name)
	}
}

func TestACleanHousePasses(t *testing.T) {
	t.Parallel()
	found, err := Check("testdata/clean")
	require.NoError(t, err)
	require.Empty(t, found)
}

var (
	want     = regexp.MustCompile(`want( \S+:)?((?: "[\w-]+")+)`)
	wantRule = regexp.MustCompile(`"[\w-]+"`)
)

// wanted collects the expectations written in a fixture. One about a folder names it: // want modules/x: "rule".
func wanted(t *testing.T, root string) (wants []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		relative, err := filepath.Rel(root, path)
		lines := bufio.NewScanner(file)
		for n := 1; lines.Scan(); n++ {
			for _, found := range want.FindAllStringSubmatch(lines.Text(), -1) {
				where := fmt.Sprintf("%s:%d", filepath.ToSlash(relative), n)
				if found[1] != "" {
					where = strings.Trim(found[1], " :")
				}
				for _, rule := range wantRule.FindAllString(found[2], -1) {
					wants = append(wants, where+" "+rule)
				}
			}
		}
		return err
	}))
	require.NotEmpty(t, wants)
	return wants
}

// without returns what is left of a when each of b has taken one like itself away.
func without(a, b []string) []string {
	rest := slices.Clone(a)
	for _, s := range b {
		if i := slices.Index(rest, s); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		}
	}
	return rest
}

func TestEveryRuleSaysWhatItHoldsAndWhatToDo(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, r := range rules {
		require.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)*$`, r.name)
		require.False(t, names[r.name], "%s stands twice", r.name)
		names[r.name] = true
		require.NotEmpty(t, r.says, r.name)
		require.NotEmpty(t, r.fix, r.name)
	}
}

func TestAViolationReadsAsOneLine(t *testing.T) {
	t.Parallel()
	found, err := Check("testdata/house")
	require.NoError(t, err)
	i := slices.IndexFunc(found, func(v Violation) bool { return v.Rule == "no-foreign-module" })
	require.Equal(t, `modules/labels/module_test.go:12: [no-foreign-module] modules/labels imports modules/tasks; `+
		`the rule: no module imports another, not even in a test. Instead: listen to the other module's events and `+
		`keep a copy of what you need; in a test, publish the event`, found[i].String())
}
