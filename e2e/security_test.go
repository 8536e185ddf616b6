package e2e_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheTestsThatDocumentsNameExist: what docs/security.md says is shown by a test, and that test is there.
func TestTheTestsThatDocumentsNameExist(t *testing.T) {
	t.Parallel()
	exist := testsOfTheRepository(t)
	for _, document := range documents(t) {
		for _, found := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllStringSubmatch(read(t, document), -1) {
			require.True(t, exist[found[1]], "%s names %s, which is not there", document, found[1])
		}
	}

	// Every risk of the list, and no row without a test or a reason.
	_, list, found := strings.Cut(read(t, filepath.Join(root, "docs", "security.md")), "## OWASP API Security Top 10 (2023)")
	require.True(t, found)
	for _, risk := range []string{"API1", "API2", "API3", "API4", "API5", "API6", "API7", "API8", "API9", "API10"} {
		row := regexp.MustCompile(`(?m)^\| ` + risk + ` .*$`).FindString(list)
		require.Regexp(t, "`Test|does not apply", row, risk)
	}
	for _, row := range regexp.MustCompile(`(?m)^\| \d.*$`).FindAllString(list, -1) {
		require.Regexp(t, "`(Test|Fuzz)", row)
	}
}

// testsOfTheRepository are the names of all tests that there are.
func testsOfTheRepository(t *testing.T) map[string]bool {
	t.Helper()
	exist := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
			return err
		}
		for _, found := range declared.FindAllStringSubmatch(read(t, path), -1) {
			exist[found[1]] = true
		}
		return nil
	}))
	return exist
}
