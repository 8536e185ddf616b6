package e2e_test

import (
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// TestTheDocumentsCommandsWork runs the bash blocks of each document in docs, from the first to the last, in a shell that
// ends at the first command that fails. Blocks of sh need what is not here, such as a cluster, and are not run.
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
		if name == "README.md" || script.Len() == 0 { // the README has a test of its own
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

var ended = regexp.MustCompile(`the shell ends with (\d+)\.`)

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
