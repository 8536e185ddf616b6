package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// nodes starts two programs on one PostgreSQL.
func nodes(t *testing.T) (here, there *harness.Program) {
	t.Helper()
	url := dbtest.URL(t, database.Postgres)
	return harness.Start(t, url), harness.Start(t, url)
}

// on returns somebody as they call another node.
func on(p *harness.Program, who *harness.Person) *harness.Person {
	other := *who
	other.Client = p.With(who.Tokens.AccessToken)
	return &other
}

func TestAWriteOnOneNodeIsToldOnTheOther(t *testing.T) {
	t.Parallel()
	here, there := nodes(t)
	ann, bob := here.Register("Ann"), here.Register("Bob")
	socket := on(there, bob).Socket("")
	project := ann.Project("Garden")
	for i := range 3 {
		began := time.Now()
		task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		told := socket.Expect("task_assigned")
		require.Equal(t, task.ID, told.Data["task_id"])
		require.Equal(t, int64(i+1), told.Seq)
		t.Logf("told on the other node after %v", time.Since(began)) // about a second at most, on a machine that keeps up
	}
	require.Len(t, on(there, bob).Feed(), 3)
}

// TestALogoutOnOneNodeCountsOnTheOtherWithinASecond: the promise holds however slow the machine is, since a node that
// has not heard of the others lately asks.
func TestALogoutOnOneNodeCountsOnTheOtherWithinASecond(t *testing.T) {
	t.Parallel()
	here, there := nodes(t)
	for range 3 {
		ann := here.Register("Ann")
		elsewhere := on(there, ann)
		elsewhere.Get("/users/me").Wants(200)
		socket := elsewhere.Socket("")
		ann.Post("/auth/logout", nil).Wants(204)
		time.Sleep(time.Second) // what is promised is what is true afterwards
		elsewhere.Get("/users/me").WantsProblem(401, "token_revoked")
		there.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken}).
			WantsProblem(401, "token_revoked")
		socket.ExpectClose(4401)
	}
}

func TestARoleGivenOnOneNodeCountsOnTheOtherWithinASecond(t *testing.T) {
	t.Parallel()
	here, there := nodes(t)
	admin, ann := here.Admin(), there.Register("Ann")
	ann.Get("/users").WantsProblem(403, "forbidden")
	admin.Patch("/users/"+ann.ID, map[string]any{"role": "admin"}).Wants(200)
	time.Sleep(time.Second)
	ann.Get("/users").Wants(200)
	admin.Patch("/users/"+ann.ID, map[string]any{"is_active": false}).Wants(200)
	time.Sleep(time.Second)
	ann.Get("/users/me").WantsProblem(401, "token_revoked")
}

// TestTabsThatRefreshOnDifferentNodesConverge: the successor is one, whichever node is asked.
func TestTabsThatRefreshOnDifferentNodesConverge(t *testing.T) {
	t.Parallel()
	here, there := nodes(t)
	ann := here.Register("Ann")
	var mu sync.Mutex
	successors := map[string]bool{}
	harness.AtOnce(10, func(i int) {
		node := []*harness.Program{here, there}[i%2]
		a, err := node.Try("POST", "/api/v1/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken})
		if assert.NoError(t, err) && assert.Equal(t, 200, a.Status, "%s", a.Body) {
			mu.Lock()
			defer mu.Unlock()
			successors[harness.Into[harness.Tokens](a).RefreshToken] = true
		}
	})
	require.Len(t, successors, 1)
}

// TestNodesMayStartAtOnceOnAnEmptyDatabase: one of them migrates, the others wait, and there is one superuser.
func TestNodesMayStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t, database.Postgres)
	started := make([]*harness.Program, 3)
	errs := make([]error, len(started))
	harness.AtOnce(len(started), func(i int) { started[i], errs[i] = harness.TryStart(t, url) })
	for i, p := range started {
		require.NoError(t, errs[i], "node %d", i)
		p.Do("GET", "/readyz", nil).Wants(200)
		p.Register(fmt.Sprintf("User%d", i))
	}
	admins := harness.All[harness.User](started[0].Admin().Client, "/users?role=admin")
	require.Len(t, admins, 1)
}

// TestATicketOfOneNodeOpensASocketAtAnother: once, at whichever, and not when its session has ended anywhere.
func TestATicketOfOneNodeOpensASocketAtAnother(t *testing.T) {
	t.Parallel()
	here, there := nodes(t)
	ann := here.Register("Ann")
	first, _, err := there.DialByTicket(ann.Ticket())
	require.NoError(t, err)
	first.Expect("ready")

	for range 5 {
		ticket := ann.Ticket()
		var opened atomic.Int32
		harness.AtOnce(6, func(i int) {
			node := []*harness.Program{here, there}[i%2]
			if socket, _, err := node.DialByTicket(ticket); err == nil {
				opened.Add(1)
				socket.Close()
			}
		})
		require.EqualValues(t, 1, opened.Load())
	}

	ticket := ann.Ticket()
	ann.Post("/auth/logout", nil).Wants(204)
	time.Sleep(time.Second) // what is promised is what is true afterwards
	_, response, err := there.DialByTicket(ticket)
	require.Error(t, err)
	require.Equal(t, 401, response.StatusCode)
}
