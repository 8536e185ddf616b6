package e2e_test

import (
	"cmp"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
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
	shown, _, found := strings.Cut(list, "### Not met")
	require.True(t, found)
	for _, row := range regexp.MustCompile(`(?m)^\| \d.*$`).FindAllString(shown, -1) {
		require.Regexp(t, "`(Test|Fuzz)", row)
	}
}

// asvs are the requirements of levels 1 and 2 of ASVS 4.0.3, without those that it has deleted, as section and numbers.
const asvs = `1.1: 1-7; 1.2: 1-4; 1.4: 1,4,5; 1.5: 1-4; 1.6: 1-4; 1.7: 1,2; 1.8: 1,2; 1.9: 1,2; 1.10: 1; 1.11: 1,2; 1.12: 2;
1.14: 1-6; 2.1: 1-12; 2.2: 1-3; 2.3: 1-3; 2.4: 1-6; 2.5: 1-7; 2.6: 1-3; 2.7: 1-6; 2.8: 1-7; 2.9: 1-3; 2.10: 1-4; 3.1: 1;
3.2: 1-4; 3.3: 1-4; 3.4: 1-5; 3.5: 1-3; 3.7: 1; 4.1: 1,2,3,5; 4.2: 1,2; 4.3: 1-3; 5.1: 1-5; 5.2: 1-8; 5.3: 1-10; 5.4: 1-3;
5.5: 1-4; 6.1: 1-3; 6.2: 1-6; 6.3: 1,2; 6.4: 1,2; 7.1: 1-4; 7.2: 1,2; 7.3: 1,3,4; 7.4: 1-3; 8.1: 1-4; 8.2: 1-3; 8.3: 1-8;
9.1: 1-3; 9.2: 1-4; 10.2: 1,2; 10.3: 1-3; 11.1: 1-8; 12.1: 1-3; 12.2: 1; 12.3: 1-6; 12.4: 1,2; 12.5: 1,2; 12.6: 1;
13.1: 1,3,4,5; 13.2: 1,2,3,5,6; 13.3: 1,2; 13.4: 1,2; 14.1: 1-4; 14.2: 1-6; 14.3: 2,3; 14.4: 1-7; 14.5: 1-4`

// TestEveryRequirementOfASVSIsSpokenOf: docs/security.md names each once.
func TestEveryRequirementOfASVSIsSpokenOf(t *testing.T) {
	t.Parallel()
	var required, spokenOf []string
	for section := range strings.SplitSeq(asvs, ";") {
		name, numbers, found := strings.Cut(strings.TrimSpace(section), ": ")
		require.True(t, found, section)
		for numbers := range strings.SplitSeq(numbers, ",") {
			first, last, _ := strings.Cut(numbers, "-")
			required = append(required, ids(t, name+"."+first, name+"."+cmp.Or(last, first))...)
		}
	}
	_, list, found := strings.Cut(read(t, filepath.Join(root, "docs", "security.md")), "## ASVS 4.0.3, level 2")
	require.True(t, found)
	for _, row := range regexp.MustCompile(`(?m)^\| (\d[^|]*) \|`).FindAllStringSubmatch(list, -1) {
		for id := range strings.SplitSeq(row[1], ", ") {
			first, last, _ := strings.Cut(id, "–")
			spokenOf = append(spokenOf, ids(t, first, cmp.Or(last, first))...)
		}
	}
	require.ElementsMatch(t, required, spokenOf)
}

// ids lists the requirements from the first to the last of a section.
func ids(t *testing.T, first, last string) (all []string) {
	t.Helper()
	at := strings.LastIndex(first, ".")
	from, err := strconv.Atoi(first[at+1:])
	require.NoError(t, err)
	to, err := strconv.Atoi(last[at+1:])
	require.NoError(t, err)
	require.Equal(t, first[:at+1], last[:at+1])
	for n := from; n <= to; n++ {
		all = append(all, first[:at+1]+strconv.Itoa(n))
	}
	return all
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
