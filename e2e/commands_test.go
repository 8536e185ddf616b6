package e2e_test

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// elsewhere are the commands of sh blocks, which no shell of a test can run as they stand: with the test that runs them
// otherwise, or else why none can.
var elsewhere = map[string]string{
	"make test":                              "it is the suite",
	"make test PACKAGES=./modules/tasks/...": "it is a part of the suite",
	"make verify":                            "it is what CI runs, and this with it",
	"make format lint test":                  "it is a part of what CI runs, but for format, which changes files",
	"make bench PACKAGES=./e2e/load":         "it only measures; its operations are those of TestASmallLoadIsMeasuredWithoutAnError",
	"make dev":                               "TestTheDevelopmentOverrideStartsAnew",
	"make module name=labels":                "TestTheRecipesWorkAsTheyAreWritten",
	"git apply docs/examples/labels.patch":   "TestTheWorkedExamplePasses",
	`make test PACKAGES="./modules/labels/... ./shared/... ./migrations/..."`: "TestTheWorkedExamplePasses",
	"make load": "TestASmallLoadIsMeasuredWithoutAnError",
	"make load LOAD='-tasks 1000 -clients 32 -for 500ms'": "TestASmallLoadIsMeasuredWithoutAnError",
	"make footprint":    "TestTheFootprintIsMeasured",
	"make clients":      "TestTheGoClientWalksTheJourney",
	"make load-sockets": "it only measures, with more sockets than a machine that tests should have",

	"docker-compose up --detach --build":                   "TestTheNodeOfTheComposeFile",
	"docker-compose --profile cluster up --detach --build": "TestTheCluster",

	`pg_dump --format=custom --file=fasttrack.dump "$DATABASE_URL"`:                     "TestADumpOfPostgreSQLIsRestored",
	`pg_restore --clean --if-exists --no-owner --dbname="$DATABASE_URL" fasttrack.dump`: "TestADumpOfPostgreSQLIsRestored",

	"export JWT_SIGNING_KEYS=/etc/fasttrack/keys.json": "TestKeysAreMadeListedAndRotated",
	"fasttrack keys generate --after 1h":               "TestKeysAreMadeListedAndRotated",
	"fasttrack keys list":                              "TestKeysAreMadeListedAndRotated",
	"fasttrack keys rotate":                            "TestOneRotationAfterTheOther",
	"fasttrack keys rotate --to-secret-key":            "TestBackToTheSecret",
}

// TestEveryCommandOfTheDocumentsIsRun: a block is of a language that is run or is not a command; what is only to be read is
// named above, with what runs it.
func TestEveryCommandOfTheDocumentsIsRun(t *testing.T) {
	t.Parallel()
	exist, left := testsOfTheRepository(t), maps.Clone(elsewhere)
	for _, document := range documents(t) {
		for _, b := range blocksOf(t, document) {
			require.Contains(t, []string{"bash", "sh", "diff", "mermaid", "json", "text", "yaml"}, b.language, "%s:\n%s", document, b.text)
			if b.language == "diff" {
				require.Equal(t, "recipes", filepath.Base(filepath.Dir(document)), "applied by TestTheRecipesWorkAsTheyAreWritten alone")
			}
			if b.language != "sh" {
				continue
			}
			for line := range strings.Lines(b.text) {
				line, _, _ = strings.Cut(line, "#")
				line = strings.TrimSpace(line)
				by, named := elsewhere[line]
				require.True(t, named, "%s: nothing runs %q: make its block bash, or name what does", document, line)
				require.True(t, !strings.HasPrefix(by, "Test") || exist[by], "%s: there is no %s", line, by)
				delete(left, line)
			}
		}
	}
	require.Empty(t, left, "no document has these any more")
}

// TestTheDocumentsCommandsWork runs the bash blocks of each document in docs, from the first to the last, in a shell that
// ends at the first command that fails. The README and the recipes have tests of their own.
func TestTheDocumentsCommandsWork(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the program")
	}
	for _, document := range documents(t) {
		var script strings.Builder
		for _, b := range blocksOf(t, document) {
			if b.language == "bash" {
				script.WriteString(b.text)
			}
		}
		name := filepath.Base(document)
		if name == "README.md" || filepath.Base(filepath.Dir(document)) == "recipes" || script.Len() == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := []string{"ADDR=" + freeAddress(t), "DRAIN_DELAY=0s"}
			if strings.Contains(script.String(), "$POSTGRES_URL") {
				environment = append(environment, "POSTGRES_URL="+dbtest.Empty(t, database.Postgres))
			}
			s := shell(t, copyOfRepository(t), environment...)
			s.say("set -euo pipefail\ntrap 'echo the shell ends with $?.' EXIT")
			s.say(script.String() + "\nexit")
			found := s.wait(0, ended)
			require.Equal(t, "0", found[1], s.printedFrom(0))
		})
	}
}

// TestADumpOfPostgreSQLIsRestored runs the sh block of docs/operations.md that backs PostgreSQL up: what is written between
// dump and restore is gone, and the program finds everything in order.
func TestADumpOfPostgreSQLIsRestored(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	var lines []string
	for _, b := range blocksOf(t, filepath.Join(root, "docs", "operations.md")) {
		if strings.HasPrefix(b.text, "pg_dump") {
			lines = strings.Split(strings.TrimSpace(b.text), "\n")
		}
	}
	require.Len(t, lines, 2, "a dump and a restore")
	dir := t.TempDir()
	run := func(command string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-euc", command)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "DATABASE_URL="+url, "PATH="+os.Getenv("PATH")+":"+serverPrograms(t))
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "server version mismatch") {
			t.Skipf("PG_DUMP IS OLDER THAN THE SERVER, SO THE RESTORE IS NOT TESTED: %s", out)
		}
		require.NoError(t, err, "%s", out)
	}
	before := harness.Start(t, url)
	ann := before.Register("Ann")
	kept := ann.Project("Kept")
	before.Stop()
	run(lines[0])

	between := harness.Start(t, url)
	lost := between.Login(ann.Email, ann.Password).Project("Lost")
	between.Stop()
	run(lines[1])

	after := harness.Start(t, url)
	again := after.Login(ann.Email, ann.Password)
	again.Get("/projects/" + kept.ID).Wants(200)
	again.Get("/projects/" + lost.ID).Wants(404)
	again.Task(kept.ID, "Dig", nil)
	require.NotContains(t, harness.Command(t, url, "", "doctor"), "FAILED")
}

// serverPrograms is where Debian keeps the programs of PostgreSQL, if it does.
func serverPrograms(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	return strings.Join(found, ":")
}

var ended = regexp.MustCompile(`the shell ends with (\d+)\.`)

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
