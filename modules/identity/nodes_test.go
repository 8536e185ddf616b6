package identity_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// pair runs two nodes on one PostgreSQL and waits until both follow.
func pair(t *testing.T) (one, two *node) {
	t.Helper()
	url := dbtest.URL(t, database.Postgres)
	one, two = newNode(t, dbtest.Open(t, url)), newNode(t, dbtest.Open(t, url))
	one.Go(one.Run)
	two.Go(two.Run)
	one.waitForMemory(t)
	token := one.login(t, "probe").AccessToken
	require.Eventually(t, func() bool { return !two.asks(t, token) }, 10*time.Second, 10*time.Millisecond)
	return one, two
}

// within requires that the condition holds a second from now at the latest.
func within(t *testing.T, begin time.Time, condition func() bool, what string) {
	t.Helper()
	for !condition() {
		require.Less(t, time.Since(begin), time.Second, what)
	}
	t.Logf("%s after %s", what, time.Since(begin).Round(time.Millisecond))
}

// on returns the same person as a client of another node.
func (p *person) on(t *testing.T, n *node) *person {
	t.Helper()
	moved := *p
	moved.Client = n.Anonymous(t)
	moved.Token = p.Token
	return &moved
}

func TestWhatHappensOnOneNodeCountsOnTheOtherWithinASecond(t *testing.T) {
	t.Parallel()
	one, two := pair(t)
	admin, ada := one.admin(t, "root"), one.join(t, "ada")
	there := ada.on(t, two)
	require.True(t, there.alive())

	ada.Post("/api/v1/auth/logout", nil).Require(204)
	within(t, time.Now(), func() bool { return !there.alive() }, "the logout counts")
	there.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
	there.refresh(there.RefreshToken).RequireProblem(401, "token_revoked")

	ada = one.login(t, "ada")
	there = ada.on(t, two)
	there.Get("/api/v1/users").RequireProblem(403, "forbidden")
	admin.Patch(ada.path(), map[string]string{"role": "admin"}).Require(200)
	ada.Get("/api/v1/users").Require(200)
	within(t, time.Now(), func() bool { return there.Get("/api/v1/users").Status == 200 }, "the new role counts")

	admin.Patch(ada.path(), map[string]bool{"is_active": false}).Require(200)
	within(t, time.Now(), func() bool { return !there.alive() }, "the deactivation counts")
}

func TestANodeThatStartsLaterKnowsWhatEndedBefore(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, dialect)
			first := newNode(t, dbtest.Open(t, url))
			ada := first.join(t, "ada")
			ada.Post("/api/v1/auth/logout", nil).Require(204)

			// Another program on the same database; nobody has told it.
			second := newNode(t, dbtest.Open(t, url))
			second.Go(second.Run)
			second.waitForMemory(t)
			statements := second.Statements(func() {
				_, err := second.Authenticator().Authenticate(t.Context(), ada.AccessToken)
				require.ErrorIs(t, err, auth.ErrTokenRevoked)
			})
			require.NotContains(t, strings.Join(statements, ";"), "sessions")
		})
	}
}

func TestListenersHearOfEverySessionOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	nodes := []*node{newNode(t, dbtest.Open(t, url)), newNode(t, dbtest.Open(t, url))}
	var mu sync.Mutex
	told := make([][]auth.Revocation, len(nodes))
	heard := func(i int) []auth.Revocation {
		mu.Lock()
		defer mu.Unlock()
		return append([]auth.Revocation(nil), told[i]...)
	}
	for i, n := range nodes {
		n.Revocations().OnRevoked(func(r auth.Revocation) {
			mu.Lock()
			defer mu.Unlock()
			told[i] = append(told[i], r)
		})
		n.Go(n.Run)
	}
	nodes[0].waitForMemory(t)
	admin, ada := nodes[0].admin(t, "root"), nodes[0].join(t, "ada")
	bob := nodes[0].join(t, "bob")
	bob.Post("/api/v1/auth/logout", nil).Require(204)
	admin.Patch(ada.path(), map[string]bool{"is_active": false}).Require(200)
	want := []auth.Revocation{
		{UserID: bob.ID, SessionID: sessionOf(t, bob.AccessToken)},
		{UserID: ada.ID, SessionID: sessionOf(t, ada.AccessToken)},
		{UserID: ada.ID},
	}
	begin := time.Now()
	for i := range nodes {
		within(t, begin, func() bool { return len(heard(i)) >= len(want) }, "the listener hears")
	}
	// Whoever made the changes reads them in the table as well. What is made and heard after that was read after it.
	bob = nodes[1].login(t, "bob")
	bob.Post("/api/v1/auth/logout", nil).Require(204)
	want = append(want, auth.Revocation{UserID: bob.ID, SessionID: sessionOf(t, bob.AccessToken)})
	for i := range nodes {
		require.Eventually(t, func() bool { return len(heard(i)) >= len(want) }, 10*time.Second, 10*time.Millisecond)
		require.Equal(t, want, heard(i))
	}
}

func TestWhileTheListCannotBeReadRequestsAskTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Run)
		n.waitForMemory(t)
		ada := n.login(t, "probe")
		n.Exec("ALTER TABLE identity_changes RENAME TO elsewhere")
		require.Eventually(t, func() bool { return n.asks(t, ada.AccessToken) }, 10*time.Second, 10*time.Millisecond)
		require.True(t, ada.alive())
		n.Exec("UPDATE sessions SET ended_at = ?, end_reason = 'admin'", time.Now())
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")

		n.Exec("ALTER TABLE elsewhere RENAME TO identity_changes")
		ada = n.login(t, "probe")
		require.Eventually(t, func() bool { return !n.asks(t, ada.AccessToken) }, 10*time.Second, 10*time.Millisecond)
	})
}

func TestWhatCannotBeKnownIsRefusedForNow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.Exec("ALTER TABLE sessions RENAME TO elsewhere")
		a := ada.Get("/api/v1/users/me").RequireProblem(503, "unavailable")
		require.NotEmpty(t, a.Header.Get("Retry-After"))
		_, err := n.Authenticator().Authenticate(t.Context(), ada.AccessToken)
		require.Equal(t, errs.Unavailable, errs.KindOf(err))
		n.Exec("ALTER TABLE elsewhere RENAME TO sessions")
		require.True(t, ada.alive())
	})
}

func TestTwoNodesRefreshOneToken(t *testing.T) {
	t.Parallel()
	one, two := pair(t)
	ada := one.join(t, "ada")
	nodes := []*person{ada, ada.on(t, two)}
	successors := map[string]bool{}
	for _, g := range atOnce(10, func(i int) (g grant) {
		nodes[i%2].refresh(ada.RefreshToken).Decode(200, &g)
		return g
	}) {
		successors[g.RefreshToken] = true
	}
	require.Len(t, successors, 1)
}

// A node that has not heard yet that an admin is none any more must not let them undo it: the change itself asks again.
func TestADemotedAdminDoesNotUndoItFromANodeThatHasNotHeard(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		n := newNode(t, db)
		one, two := n.admin(t, "one"), n.admin(t, "two")
		n.Go(n.Run)
		require.Eventually(t, func() bool { return !n.asks(t, two.AccessToken) }, 10*time.Second, 10*time.Millisecond)
		for _, change := range []map[string]any{{"role": "user"}, {"is_active": false}} {
			n.Exec("UPDATE users SET role = 'admin', is_active = true")
			one.Get("/api/v1/users/me").Require(200)
			for key, value := range change { // as another node would, but without telling this one
				n.Exec("UPDATE users SET "+key+" = ? WHERE id = ?", value, two.ID)
			}
			two.Patch(two.path(), map[string]any{"role": "admin", "is_active": true}).RequireProblem(403, "forbidden")
			two.Patch(one.path(), map[string]any{"role": "user"}).RequireProblem(403, "forbidden")
		}
	})
}
