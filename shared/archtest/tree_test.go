package archtest

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// write makes a tree of files below a temporary folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return root
}

func TestAHalfWrittenFileIsJudgedByWhatCanBeRead(t *testing.T) {
	t.Parallel()
	found, err := Check(write(t, map[string]string{
		"go.mod":                   "module x\n",
		"shared/broken/broken.go":  "package broken\n\nimport _ \"gorm.io/gorm\"\n\nfunc half( {\n",
		"shared/empty/empty.go":    "",
		"shared/unfinished/some.g": "no Go at all",
	}))
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, []string{"shared/broken/broken.go:3", "gorm"}, []string{found[0].Where, found[0].Rule})
	require.Equal(t, []string{"shared/broken/broken.go:3", "shared-is-plain"}, []string{found[1].Where, found[1].Rule})
}

func TestWhatTheGoToolLeavesOutIsLeftOut(t *testing.T) {
	t.Parallel()
	files := map[string]string{"go.mod": "module x\n"}
	for _, dir := range []string{"testdata/a", "shared/a/testdata", ".git/a", "_old", "vendor/gorm.io/gorm"} {
		files[dir+"/a.go"] = "package util\n"
	}
	maps.Copy(files, map[string]string{"shared/nested/go.mod": "module y\n", "shared/nested/a.go": "package util\n"})
	found, err := Check(write(t, files))
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestATreeThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Check(t.TempDir())
	require.ErrorContains(t, err, "go.mod")
	_, err = Check(write(t, map[string]string{"go.mod": "go 1.26\n"}))
	require.ErrorContains(t, err, "no module line")
	_, err = Check(write(t, map[string]string{"go.mod": "module x\nnonsense\n", programDir + "/main.go": "package main\n"}))
	require.ErrorContains(t, err, "rule linked: go list")
}

func TestTheProgramIsFollowedToItsLibraries(t *testing.T) {
	t.Parallel()
	tree, err := load("../..")
	require.NoError(t, err)
	if !tree.has(programDir) {
		t.Skip("there is no program yet")
	}
	imports, err := tree.linked()
	require.NoError(t, err)
	require.Contains(t, imports, tree.module+"/shared/errs")
	require.Contains(t, imports, "gorm.io/gorm")
	require.Greater(t, len(imports), 200)
}
