// Package harness runs the whole program in a test and drives it as its users do: over HTTP and sockets, knowing
// nothing but the documentation. It is the upper half of the test kit, for what a team adds as well as for what is here:
//
//	func TestMain(m *testing.M) { harness.Main(m) }
//
//	func TestLabels(t *testing.T) {
//		harness.Each(t, func(t *testing.T, p *harness.Program) { // on SQLite, and on PostgreSQL
//			ann := p.Register("Ann")
//			task := ann.Task(ann.Project("Garden").ID, "Dig", nil)
//			p.Events.Take()
//			ann.Post("/tasks/"+task.ID+"/labels", map[string]any{"name": "urgent"}).Wants(201)
//			p.ExpectEvents("labels.label_added") // this one, and no other
//		})
//	}
//
// # What is there
//
//   - The program: [Start] runs it in the test, on a port of its own; [Launch] runs the real binary, which can be killed.
//     [Configure] changes its settings, [Each] and [EachDialect] run a test on both databases.
//   - One module alone, with the test in the place of all others: adapters/module/moduletest.
//   - A clean, migrated database for each test: dbtest.URL, dbtest.Each. PostgreSQL is one for a whole run, from
//     TEST_DATABASE_URL, from Docker by testcontainers, or from the programs of the machine; each test has a copy of a
//     template. Without any of them tests on PostgreSQL are skipped; REQUIRE_POSTGRES=1 makes that a failure.
//   - People: [Client.Register], [Client.Admin], and what they make: [Person.Project], [Person.Task], [Person.Comment].
//   - A REST client: [Client.Get], [Client.Post] and so on, whose [Answer] is asked for a status, a body or a problem.
//     Every answer is held against the OpenAPI document that the program publishes. [Client.Try] is for goroutines.
//   - Sockets: [Client.Socket] waits for messages, [Client.Follow] reads the event stream. Both are held against the
//     AsyncAPI document. [Person.Feed] is what is in the database.
//   - Events: [Program.ExpectEvents] wants these and no others.
//   - The clock: [WithClock] and [Clock.Advance].
//   - Mail: [Program.MailToken] waits for a mail and returns the token in it; a server that refuses is mailtest.Serve.
//   - SQL: [Program.Record] collects the statements of a request.
//
// Handlers of one event run in a random order, which moduletest.Shuffle tells how to repeat; see also [InOrder].
package harness
