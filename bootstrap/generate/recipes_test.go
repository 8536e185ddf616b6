package generate_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var recipe = regexp.MustCompile("(?ms)^```(bash|diff)\n(.*?)^```$")

// TestTheRecipesWorkAsTheyAreWritten carries out docs/recipes.md in a copy of the repository: its bash blocks are run, its
// diffs applied, in order.
func TestTheRecipesWorkAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	h := borrow(t)
	page, err := os.ReadFile("../../docs/recipes.md")
	require.NoError(t, err)
	steps := recipe.FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, steps)
	for _, step := range steps {
		program := []string{"bash", "-e"}
		if step[1] == "diff" {
			program = []string{"git", "apply", "-"}
		}
		out, err := h.exec(step[2], program[0], program[1:]...)
		require.NoError(t, err, "%s\n%s", step[2], out)
	}
}
