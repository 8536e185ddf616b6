package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/cli"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/eventbus"
)

const root = ".." // of the repository

// TestTheREADMEDoesWhatItSays runs every bash block of the README as it is printed, in a copy of the repository: the
// first starts the program, the others follow in one shell. The block behind a bash block is what it prints; … stands
// for anything in a line.
func TestTheREADMEDoesWhatItSays(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the program twice")
	}
	for _, tool := range []string{"bash", "curl", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README needs %s, which is not here", tool)
		}
	}
	t.Parallel()
	blocks := blocksOf(t, filepath.Join(root, "README.md"))
	start := slices.IndexFunc(blocks, func(b block) bool { return b.language == "bash" })
	require.GreaterOrEqual(t, start, 0, "the README has no bash block")

	checkout := copyOfRepository(t)
	server := shell(t, checkout, "ADDR=127.0.0.1:0")
	server.say(blocks[start].text)
	line := server.wait(0, regexp.MustCompile(`address=(127\.0\.0\.1:\d+)`))
	server.wait(0, printed(strings.TrimSpace(blocks[start+1].text)))
	tryTheREADME(t, checkout, "http://"+line[1], func(string) {})
}

// tryTheREADME runs the README's bash blocks but for the first, which starts a server, against one that runs already, and
// calls before with each of them.
func tryTheREADME(t *testing.T, checkout, base string, before func(block string)) {
	t.Helper()
	blocks := blocksOf(t, filepath.Join(root, "README.md"))
	start := slices.IndexFunc(blocks, func(b block) bool { return b.language == "bash" })
	terminal := shell(t, checkout, "BASE="+base)
	for i, b := range blocks[start+1:] {
		if b.language != "bash" {
			continue
		}
		before(b.text)
		from := terminal.length()
		terminal.say(b.text)
		terminal.say(fmt.Sprintf("echo end of block %d", i))
		terminal.wait(from, regexp.MustCompile(fmt.Sprintf("end of block %d\n", i)))
		if next := start + 1 + i + 1; next < len(blocks) && blocks[next].isOutput() {
			for expected := range strings.Lines(blocks[next].text) {
				terminal.wait(from, printed(strings.TrimSpace(expected)))
			}
		}
	}
}

// printed matches a line of the README in what was really printed.
func printed(line string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `[^\n]*?`))
}

// block is one fenced block of a document.
type block struct{ language, text string }

func (b block) isOutput() bool { return b.language == "json" || b.language == "text" }

var fenced = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

func blocksOf(t *testing.T, path string) []block {
	t.Helper()
	var blocks []block
	for _, found := range fenced.FindAllStringSubmatch(read(t, path), -1) {
		blocks = append(blocks, block{found[1], found[2]})
	}
	return blocks
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// copyOfRepository is what a newcomer has after git clone: the sources, and nothing that a run left behind.
func copyOfRepository(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	leave := []string{".git", "bin", "data", ".env"}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case slices.Contains(leave, relative) && entry.IsDir():
			return filepath.SkipDir
		case slices.Contains(leave, relative) || !entry.IsDir() && !entry.Type().IsRegular():
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o750)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), content, 0o750)
	}))
	return to
}

// session is a shell that is told one block after the other.
type session struct {
	t     *testing.T
	stdin io.Writer

	mu      sync.Mutex
	output  bytes.Buffer
	changed chan struct{} // holds at most one token
}

// shell starts a shell in a folder, with no setting of the program but the given ones. When the test ends, everything
// that was started in it is asked to stop, and waited for.
func shell(t *testing.T, dir string, environment ...string) *session {
	t.Helper()
	s := &session{t: t, changed: make(chan struct{}, 1)}
	command := exec.Command("bash")
	command.Dir = dir
	command.Env = os.Environ()
	for _, key := range settings(t) {
		command.Env = append(command.Env, key+"=") // empty is not set
	}
	// As a release is built, and so that what was compiled in one copy of the repository need not be in the next.
	command.Env = append(command.Env, "GOFLAGS=-trimpath")
	command.Env = append(command.Env, environment...)
	command.Stdout, command.Stderr = s, s
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = time.Minute
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	s.stdin = stdin
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		_ = command.Wait() // it was told to stop
	})
	return s
}

// settings are the keys of the configuration.
func settings(t *testing.T) []string {
	t.Helper()
	var keys []string
	for _, found := range regexp.MustCompile(`(?m)^([A-Z_0-9]+)=`).
		FindAllStringSubmatch(read(t, filepath.Join(root, ".env.example")), -1) {
		keys = append(keys, found[1])
	}
	return keys
}

// Write takes what the shell and its commands print.
func (s *session) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.output.Write(text)
}

func (s *session) length() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.Len()
}

func (s *session) printedFrom(from int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.String()[from:]
}

func (s *session) say(text string) {
	s.t.Helper()
	_, err := io.WriteString(s.stdin, text+"\n")
	require.NoError(s.t, err)
}

// wait returns what of the output since a place matches, once it is there. Compilers take their time.
func (s *session) wait(from int, want *regexp.Regexp) []string {
	s.t.Helper()
	deadline := time.After(10 * time.Minute)
	for {
		if found := want.FindStringSubmatch(s.printedFrom(from)); found != nil {
			return found
		}
		select {
		case <-s.changed:
		case <-deadline:
			s.t.Fatalf("never printed: %s\nprinted:\n%s", want, s.printedFrom(from))
		}
	}
}

// documents are the README and everything in docs.
func documents(t *testing.T) []string {
	t.Helper()
	found := []string{filepath.Join(root, "README.md")}
	for _, pattern := range []string{"*.md", "*/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, "docs", pattern))
		require.NoError(t, err)
		found = append(found, more...)
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, document := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, document), ""), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(found[1], "#")
			target := document // an anchor alone is of the same document
			if path != "" {
				target = filepath.Join(filepath.Dir(document), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s leads nowhere", document, found[1])
			} else if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s: %s: there is no such heading", document, found[1])
			}
		}
	}
}

// anchors are the headings of a document as GitHub names them in links.
func anchors(t *testing.T, document string) []string {
	t.Helper()
	var all []string
	for _, found := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, document), ""), -1) {
		all = append(all, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-"))
	}
	return all
}

// TestCommandsExist holds what the documents call against the Makefile and the command line.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	makefile := read(t, filepath.Join(root, "Makefile"))
	var help bytes.Buffer
	require.Zero(t, cli.Run(t.Context(), []string{"--help"}, &help, &help))
	for _, document := range documents(t) {
		for _, found := range command.FindAllStringSubmatch(codeOf(read(t, document)), -1) {
			in, want := help.String(), `(?m)^  `+found[2]+` `
			if found[1] == "make" {
				in, want = makefile, `(?m)^`+found[2]+`:`
			}
			require.Regexp(t, want, in, "%s: %s %s", document, found[1], found[2])
		}
	}
	readme := read(t, filepath.Join(root, "README.md"))
	for _, found := range regexp.MustCompile(`(?m)^  ([a-z]+)  +[A-Z]`).FindAllStringSubmatch(help.String(), -1) {
		if found[1] != "help" {
			require.Equal(t, 1, strings.Count(readme, "\n| `fasttrack "+found[1]+"` |"), "%s in the README's list of commands", found[1])
		}
	}
}

var (
	span    = regexp.MustCompile("`([^`\n]+)`")
	command = regexp.MustCompile(`(?m)^(?:[A-Z]+=\S+ )?(?:bin/)?(make|fasttrack) ([a-z0-9-]+)`)
)

// codeOf returns all code of a document, in blocks and in spans, each span as a line.
func codeOf(document string) string {
	var code strings.Builder
	for _, found := range fenced.FindAllStringSubmatch(document, -1) {
		code.WriteString(found[2])
	}
	for _, found := range span.FindAllStringSubmatch(fenced.ReplaceAllString(document, ""), -1) {
		code.WriteString(found[1] + "\n")
	}
	return code.String()
}

// routes are who publishes what in the whole program, and who listens.
func routes(t *testing.T) []eventbus.Route {
	t.Helper()
	cfg, err := config.Parse(nil)
	require.NoError(t, err)
	app, err := bootstrap.Describe(context.Background(), cfg)
	require.NoError(t, err)
	return app.Routes()
}

// TestModulesSayWhatTheyPublishAndHear holds doc.go of every module against the bus.
func TestModulesSayWhatTheyPublishAndHear(t *testing.T) {
	t.Parallel()
	publishes, listens := map[string][]string{}, map[string][]string{}
	for _, r := range routes(t) {
		publishes[r.Publisher] = append(publishes[r.Publisher], r.Event)
		for _, handler := range r.Listeners() {
			module, _, _ := strings.Cut(handler, ".")
			hint := module == r.Publisher && slices.Contains(r.AfterCommit, handler) // to itself: no business of others
			if !hint && !slices.Contains(listens[module], r.Event) {
				listens[module] = append(listens[module], r.Event)
			}
		}
	}
	docs, err := filepath.Glob(filepath.Join(root, "modules", "*", "doc.go"))
	require.NoError(t, err)
	require.NotEmpty(t, docs)
	for _, path := range docs {
		module := filepath.Base(filepath.Dir(path))
		doc := read(t, path)
		require.Equal(t, publishes[module], stated(t, doc, "Publishes"), "%s: Publishes", path)
		require.Equal(t, listens[module], stated(t, doc, "Listens"), "%s: Listens", path)
	}
}

// stated reads a list of names behind a key of doc.go, which goes on to the next key.
func stated(t *testing.T, doc, key string) []string {
	t.Helper()
	found := regexp.MustCompile(`(?ms)^// ` + key + `: (.*?)\.$`).FindStringSubmatch(doc)
	require.NotNil(t, found, "no line %q", key+": …")
	if found[1] == "none" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(found[1], "\n// ", " "), ", ")
}

// TestTheArchitectureIsDescribedAsItIs holds the tables of docs/architecture.md against the bus, the rules and the
// modules.
func TestTheArchitectureIsDescribedAsItIs(t *testing.T) {
	t.Parallel()
	document := read(t, filepath.Join(root, "docs", "architecture.md"))

	table := "| event | in the transaction | before commit | after commit |\n|---|---|---|---|\n"
	for _, r := range described(t, document) {
		table += fmt.Sprintf("| `%s` | %s | %s | %s |\n",
			r.Event, code(r.Transaction), code(r.BeforeCommit), code(r.AfterCommit))
	}
	require.Contains(t, document, table, "the table of events; it should be:\n%s", table)
	drawn := "```mermaid\n" + bootstrap.Map(described(t, document)) + "```\n"
	require.Contains(t, document, drawn, "the map of events; it should be:\n%s", drawn)

	table = "| rule | says |\n|---|---|\n"
	for _, rule := range regexp.MustCompile(`name:\s+"([^"]+)",\s+says:\s+"([^"]+)"`).
		FindAllStringSubmatch(read(t, filepath.Join(root, "shared", "archtest", "rules.go")), -1) {
		table += fmt.Sprintf("| `%s` | %s |\n", rule[1], rule[2])
	}
	require.Contains(t, document, table, "the table of rules; it should be:\n%s", table)

	docs, err := filepath.Glob(filepath.Join(root, "modules", "*", "doc.go"))
	require.NoError(t, err)
	for _, path := range docs {
		_, found, ok := strings.Cut(document, rowOf(filepath.Base(filepath.Dir(path))))
		if !ok {
			continue
		}
		row, _, _ := strings.Cut(found, "\n")
		tables := "`" + strings.Join(stated(t, read(t, path), "Tables"), "`, `") + "`"
		copies := strings.Join(copied(t, path), ", ")
		if copies == "" {
			copies = "–"
		}
		want := "| " + copies + " | " + tables + " |"
		require.True(t, strings.HasSuffix(row, want), "%s: the module map should end in %s", path, want)
	}
}

// TestModulesSayWhatTheyKeepCopiesOf holds doc.go of every module against the names of its tables: task_users is what
// tasks keep of the table users, which is another module's.
func TestModulesSayWhatTheyKeepCopiesOf(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob(filepath.Join(root, "modules", "*", "doc.go"))
	require.NoError(t, err)
	require.NotEmpty(t, docs)
	owners := map[string]string{} // of tables
	for _, path := range docs {
		for _, table := range stated(t, read(t, path), "Tables") {
			owners[table] = path
		}
	}
	for _, path := range docs {
		var want []string
		for _, table := range stated(t, read(t, path), "Tables") {
			_, kept, _ := strings.Cut(table, "_")
			source, called := kept, kept
			if kept == "members" {
				source, called = "organization_members", "memberships"
			}
			if owner := owners[source]; owner != "" && owner != path {
				want = append(want, called)
			}
		}
		require.ElementsMatch(t, want, copied(t, path), "%s: Keeps copies of", path)
	}
}

// copied returns what a module keeps copies of, as its doc.go says it.
func copied(t *testing.T, path string) (names []string) {
	t.Helper()
	found := regexp.MustCompile(`(?ms)^// Keeps copies of: (.*?)\.$`).FindStringSubmatch(read(t, path))
	require.NotNil(t, found, "%s has no line // Keeps copies of: …", path)
	said := strings.ReplaceAll(found[1], "\n// ", " ")
	if said == "nothing" {
		return nil
	}
	for _, item := range strings.Split(said, "; ") {
		name, _, ok := strings.Cut(item, " (")
		require.True(t, ok && regexp.MustCompile(`^[a-z_]+$`).MatchString(name),
			"%s: say // Keeps copies of: users (what of them); tasks (what of them). or nothing: %q", path, item)
		names = append(names, name)
	}
	return names
}

// ownModules are the modules that fasttrack consists of. One that is added describes itself in its doc.go, which the
// suite holds against the bus, and is in docs/architecture.md if whoever added it wants to have it there.
var ownModules = []string{"identity", "organizations", "projects", "tasks", "comments", "notifications"}

func rowOf(module string) string { return fmt.Sprintf("\n| [%s](../modules/%[1]s/doc.go) |", module) }

// described are the routes of the modules that have a row in docs/architecture.md.
func described(t *testing.T, document string) (all []eventbus.Route) {
	t.Helper()
	for _, module := range ownModules {
		require.Contains(t, document, rowOf(module), "the table of modules")
	}
	isMissing := func(name string) bool {
		module, _, _ := strings.Cut(name, ".")
		return !strings.Contains(document, rowOf(module))
	}
	for _, r := range routes(t) {
		if !isMissing(r.Event) {
			r.Transaction = slices.DeleteFunc(slices.Clone(r.Transaction), isMissing)
			r.BeforeCommit = slices.DeleteFunc(slices.Clone(r.BeforeCommit), isMissing)
			r.AfterCommit = slices.DeleteFunc(slices.Clone(r.AfterCommit), isMissing)
			all = append(all, r)
		}
	}
	return all
}

// code lists names as a cell of a table does.
func code(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// TestEveryDependencyHasAReason holds the table in docs/decisions.md against go.mod.
func TestEveryDependencyHasAReason(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/decisions.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n## Dependencies\n")
	require.True(t, found)
	file, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(file), -1)
	require.NotEmpty(t, direct)
	for _, module := range direct {
		inFull, asPart := "`"+module[1]+"`", "`"+path.Base(module[1])+"`" // such as "…/river, its `rivertype`"
		require.True(t, strings.Contains(table, inFull) || strings.Contains(table, asPart),
			"%s is in go.mod: say in docs/decisions.md what for", module[1])
	}
}
