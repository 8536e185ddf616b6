package harness_test

import (
	"fmt"
	"testing"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// A test has a t of its own, and needs no [dbtest.Example]; harness.Each(t, …) runs it on PostgreSQL as well.
func Example() {
	dbtest.Example(func(t testing.TB) {
		p := harness.Start(t, dbtest.URL(t, database.SQLite))
		ann, bob := p.Register("Ann"), p.Register("Bob")
		socket := bob.Socket("")
		p.Events.Take() // what came before does not matter

		task := ann.Task(ann.Project("Garden").ID, "Dig", map[string]any{"assignee_id": bob.ID})

		told := socket.Expect("task_assigned")
		fmt.Println(told.Data["by"], "gives Bob:", told.Data["title"])
		socket.ExpectNothing()
		p.ExpectEvents("projects.project_created", "tasks.task_created", "tasks.task_assigned",
			"notifications.notifications_appended") // these and no others
		fmt.Println(bob.Delete("/tasks/"+task.ID).WantsProblem(403, "forbidden").Detail)
	})
	// Output:
	// Ann gives Bob: Dig
	// only a manager of the project may do this
}

// What fails is said, and the example's output is not what it should be.
func ExampleProgram_ExpectEvents() {
	dbtest.Example(func(t testing.TB) {
		p := harness.Start(t, dbtest.URL(t, database.SQLite))
		ann := p.Register("Ann")
		p.Events.Take()
		ann.Project("Garden")
		p.ExpectEvents("projects.project_deleted")
	})
	// Output: want the events [projects.project_deleted], got [projects.project_created]
}

func ExampleWithClock() {
	dbtest.Example(func(t testing.TB) {
		clock := harness.NewClock()
		p := harness.Start(t, dbtest.URL(t, database.SQLite), harness.WithClock(clock))
		ann := p.Register("Ann")
		ann.Get("/users/me").Wants(200)

		clock.Advance(16 * time.Minute) // an access token lives for 15
		fmt.Println(ann.Get("/users/me").WantsProblem(401, "token_expired").Detail)
	})
	// Output: the token has expired
}

func ExampleProgram_MailToken() {
	dbtest.Example(func(t testing.TB) {
		p := harness.Start(t, dbtest.URL(t, database.SQLite))
		ann := p.Register("Ann")
		token := p.MailToken(ann.Email, harness.ConfirmMail, 1) // waits for the first one
		p.Post("/auth/email/verify", map[string]any{"token": token}).Wants(204)
		fmt.Println(harness.Into[harness.User](ann.Get("/users/me")).EmailVerified)
	})
	// Output: true
}

// The real binary in a process of its own.
func ExampleLaunch() {
	dbtest.Example(func(t testing.TB) {
		p := harness.Launch(t, dbtest.URL(t, database.SQLite))
		p.Register("Ann")
		p.Terminate()
		fmt.Println("ended with", p.ExitCode())
	})
	// Output: ended with 0
}
