package e2e

import (
	"os"
	"slices"

	"fasttrack/e2e/harness"
)

// makeExample makes a thing of a kind that was added to the program, and that no test of it knows anything about: what
// the document's example of its POST says. It returns the id, or "" if there is no such POST.
func makeExample(who *harness.Client, kind string) string {
	for _, o := range who.Operations() {
		if name(o) == "POST /api/v1/"+kind {
			body, _ := o.BodyExample()
			return harness.Created[struct{ ID string }](who.Post("/"+kind, body)).ID
		}
	}
	return ""
}

// isTried reports whether the tests that call every operation call this one, which is named as in GET /api/v1/tasks. With
// ADDED_ONLY=1 they leave out what comes with the program, for whoever works on a module of their own.
func isTried(operation string) bool {
	return os.Getenv("ADDED_ONLY") == "" || !slices.Contains(promised, operation)
}
