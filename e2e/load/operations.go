package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"fasttrack/adapters/database"
	"fasttrack/shared/ids"
)

// operation is something that clients do, as the bytes that they send.
type operation struct {
	name    string
	status  int
	request func(n uint64) []byte // n is another one each time
	floor   func(n uint64) []byte // of the bare handler; nil: it does not do this
}

func (w *world) operations() ([]operation, error) {
	cursor, bare, err := w.lastPage()
	if err != nil {
		return nil, fmt.Errorf("walk to the last page: %w", err)
	}
	project := "/projects/" + w.project.String() + "/tasks"
	anyTask := func() ids.ID { return w.tasks[rand.IntN(len(w.tasks))] } //nolint:gosec // any will do
	list := func(name, query, bareQuery string) operation {
		sent, bareSent := w.get(project+query), w.getBare(project+bareQuery)
		return operation{
			name: name, status: 200,
			request: func(uint64) []byte { return sent },
			floor:   func(uint64) []byte { return bareSent },
		}
	}
	ops := []operation{
		{
			name: "read a task", status: 200,
			request: func(uint64) []byte { return w.get("/tasks/" + anyTask().String()) },
			floor:   func(uint64) []byte { return w.getBare("/tasks/" + anyTask().String()) },
		},
		list("first page", "", ""),
		list("last page", "?cursor="+cursor, "?"+bare.Encode()),
		list("filtered page", "?status=in_progress&priority=high", "?status=in_progress&priority=high"),
		{name: "first page of one's own", status: 200, request: constant(w.get("/tasks"))},
		{name: "search", status: 200, request: constant(w.get(project + "?q=DAHLIAS"))}, // in a thousandth of the tasks
	}
	written := "/projects/" + w.written.String() + "/tasks"
	title := func(n uint64) string { return fmt.Sprintf(`{"title":"Task %d","priority":"high"}`, n) }
	created := operation{
		name: "create a task", status: 201,
		request: func(n uint64) []byte { return w.send("POST", written, title(n)) },
	}
	if w.bulk.db.Dialect() == database.Postgres {
		created.floor = func(n uint64) []byte { return w.sendBare("POST", written, title(n)) }
	}
	return append(ops, created, operation{
		name: "change a task", status: 200,
		request: func(n uint64) []byte {
			return w.send("PATCH", "/tasks/"+anyTask().String(), fmt.Sprintf(`{"title":"Changed by %d"}`, n))
		},
	}), nil
}

func constant(sent []byte) func(uint64) []byte { return func(uint64) []byte { return sent } }

func (w *world) get(path string) []byte {
	return []byte("GET /api/v1" + path + " HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer " + w.token + "\r\n\r\n")
}

// getBare tells the bare handler who asks, which it believes.
func (w *world) getBare(path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: load\r\nX-User: " + w.user.String() + "\r\n\r\n")
}

func (w *world) send(method, path, body string) []byte {
	return withBody(method, "/api/v1"+path, "Authorization: Bearer "+w.token, body)
}

func (w *world) sendBare(method, path, body string) []byte {
	return withBody(method, path, "X-User: "+w.user.String(), body)
}

func withBody(method, path, header, body string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: load\r\n%s\r\n", method, path, header)
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}
