package generate_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/generate"
	"fasttrack/shared/archtest"
)

// house is a copy of the repository.
type house struct {
	t    *testing.T
	root string
	env  []string // for what runs in it, beside what it would have anyway
}

// newHouse copies the sources, and nothing that a run left behind.
func newHouse(t *testing.T) house {
	t.Helper()
	h := house{t: t, root: t.TempDir()}
	h.fill()
	return h
}

// workshop is the one house that things are compiled in, one after the other: most of it stays the same and is compiled
// once, since the compiler knows a package by its folder as well.
var workshop struct {
	sync.Mutex
	root string
}

func TestMain(m *testing.M) {
	root, err := os.MkdirTemp("", "house")
	if err != nil {
		panic(err)
	}
	workshop.root = root
	code := m.Run()
	_ = os.RemoveAll(root)
	os.Exit(code)
}

// borrow returns the workshop as it was found, for a test that compiles or runs what it builds there.
func borrow(t *testing.T) house {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles and tests a copy of the repository")
	}
	for _, tool := range []string{"bash", "make", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("this needs %s, which is not here", tool)
		}
	}
	workshop.Lock()
	t.Cleanup(workshop.Unlock)
	h := house{t: t, root: workshop.root}
	entries, err := os.ReadDir(h.root)
	require.NoError(t, err)
	for _, entry := range entries {
		require.NoError(t, os.RemoveAll(filepath.Join(h.root, entry.Name())))
	}
	h.fill()
	return h
}

func (h house) fill() {
	h.t.Helper()
	const from = "../.."
	leave := []string{".git", "bin", "data", ".env", "node_modules"}
	require.NoError(h.t, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
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

// write makes a file, and its folder. The function that it returns takes both back.
func (h house) write(file, text string) (undo func()) {
	h.t.Helper()
	path := filepath.Join(h.root, file)
	_, err := os.Stat(filepath.Dir(path))
	alone := os.IsNotExist(err)
	require.NoError(h.t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(h.t, os.WriteFile(path, []byte(text), 0o600))
	return func() {
		h.t.Helper()
		require.NoError(h.t, os.Remove(path))
		if alone {
			require.NoError(h.t, os.Remove(filepath.Dir(path)))
		}
	}
}

func (h house) generate(name, singular string) (generate.Result, error) {
	parsed, err := generate.ParseName(name, singular)
	if err != nil {
		return generate.Result{}, err
	}
	return generate.Module(h.root, parsed)
}

// violations are what the house's rules say of it, a line each, as its own suite would.
func (h house) violations() string {
	h.t.Helper()
	found, err := archtest.Check(h.root)
	require.NoError(h.t, err)
	var lines strings.Builder
	for _, v := range found {
		lines.WriteString(v.String() + "\n")
	}
	return lines.String()
}

// run runs the go tool in the house, and returns what it printed.
func (h house) run(args ...string) (string, error) {
	return h.exec("", "go", args...)
}

func (h house) requireRun(args ...string) {
	h.t.Helper()
	out, err := h.run(args...)
	require.NoError(h.t, err, "go %s\n%s", strings.Join(args, " "), out)
}

// exec runs a program in the house, which reads a text, and returns what it printed.
func (h house) exec(stdin, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = h.root
	command.Stdin = strings.NewReader(stdin)
	// No repository around the copy is meant.
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly -trimpath",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(h.root))
	command.Env = append(command.Env, h.env...)
	command.WaitDelay = time.Minute
	out, err := command.CombinedOutput()
	return string(out), err
}
