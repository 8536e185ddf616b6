package generate_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var recipe = regexp.MustCompile("(?ms)^```(bash|diff)\n(.*?)^```$")

// TestTheRecipesWorkAsTheyAreWritten carries out docs/recipes.md in a copy of the repository: its bash blocks are run, its
// diffs applied, in order.
func TestTheRecipesWorkAsTheyAreWritten(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and tests a copy of the repository")
	}
	for _, tool := range []string{"bash", "make", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the recipes need %s, which is not here", tool)
		}
	}
	t.Parallel()
	page, err := os.ReadFile("../../docs/recipes.md")
	require.NoError(t, err)
	h := newHouse(t)
	steps := recipe.FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, steps)
	for _, step := range steps {
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
		defer cancel()
		command := exec.CommandContext(ctx, "bash", "-e")
		if step[1] == "diff" {
			command = exec.CommandContext(ctx, "git", "apply", "-")
		}
		command.Stdin = strings.NewReader(step[2])
		command.Dir = h.root
		// No repository around the copy is meant.
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GIT_CEILING_DIRECTORIES="+filepath.Dir(h.root))
		command.WaitDelay = time.Minute
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", step[2], out)
	}
}
