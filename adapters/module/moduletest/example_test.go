package moduletest_test

import (
	"fmt"
	"testing"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/module/moduletest"
)

// A module alone; what other modules would have told it, the test says. In a test, moduletest.Each(t, build, …) does
// this on both databases. build calls the module's New.
func Example() {
	dbtest.Example(func(t testing.TB) {
		w := moduletest.New(t, dbtest.SQLite(t), build)
		ann := w.User("Ann") // the module hears that she registered

		ann.Post("/api/v1/greetings/Bob", nil).Require(204)
		fmt.Println(w.ExpectEvents("greetings.greeted")[0].(greeted).Name) // this one, and no other

		fmt.Println(w.TryPublish(t.Context(), moduletest.Archived(w.Project(ann)))) // what the projects module would say
		w.ExpectNoEvents()
	})
	// Output:
	// Bob
	// greetings.refuse_archived on projects.project_changed: refused
}
