package identity_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
)

func TestOneOfManyRegistrationsWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		answers := atOnce(8, func(i int) *httpservertest.Answer {
			email := address("ada")
			if i%2 == 0 {
				email = "ADA@EXAMPLE.COM"
			}
			return n.Anonymous(t).Post("/api/v1/auth/register", map[string]string{"email": email, "password": password})
		})
		require.Equal(t, map[int]int{201: 1, 409: 7}, statuses(answers))
		require.Len(t, n.Events(), 1)
		require.EqualValues(t, 1, n.Count("users"))
	})
}

func TestTabsThatRefreshAtOnceConverge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		for round := range 5 {
			successors := map[string]grant{}
			for _, a := range atOnce(20, func(int) *httpservertest.Answer { return ada.refresh(ada.RefreshToken) }) {
				var g grant
				a.Decode(200, &g)
				successors[g.RefreshToken] = g
				require.True(t, n.as(t, g).alive())
			}
			require.Len(t, successors, 1)
			require.EqualValues(t, round+2, n.Count("refresh_tokens"))
			require.EqualValues(t, 1, n.Count("refresh_tokens WHERE consumed_at IS NULL"))
			for _, g := range successors {
				ada = n.as(t, g)
			}
		}
		require.Empty(t, n.endings())
	})
}

// Whoever comes first: once the logout was answered, nothing of the session lives.
func TestARefreshDoesNotOutliveALogout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Run)
		n.waitForMemory(t)
		n.register(t, "ada")
		for range 10 {
			ada := n.login(t, "ada")
			answers := atOnce(4, func(i int) *httpservertest.Answer {
				if i == 0 {
					return ada.Post("/api/v1/auth/logout", nil).Require(204)
				}
				return ada.refresh(ada.RefreshToken)
			})
			for _, a := range answers[1:] {
				if a.Status != 200 {
					a.RequireProblem(401, "token_revoked")
					continue
				}
				var g grant
				a.Decode(200, &g)
				ada.Get("/api/v1/users/me", "Authorization", "Bearer "+g.AccessToken).RequireProblem(401, "token_revoked")
				ada.refresh(g.RefreshToken).RequireProblem(401, "token_revoked")
			}
			require.Len(t, n.endings(), 1)
		}
	})
}

func TestTwoAdminsCannotBothBeTheLastToGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		one, two := n.admin(t, "one"), n.admin(t, "two")
		for range 10 {
			answers := atOnce(2, func(i int) *httpservertest.Answer {
				// Each removes the other, one by role and one by activation; or both themselves.
				if i == 0 {
					return one.Patch(two.path(), map[string]string{"role": "user"})
				}
				return two.Patch(one.path(), map[string]bool{"is_active": false})
			})
			for _, a := range answers {
				require.Contains(t, []int{200, 409, 401, 403}, a.Status, "%s", a.Body)
			}
			require.EqualValues(t, 1, n.Count("users WHERE role = 'admin' AND is_active"))
			n.Exec("UPDATE users SET role = 'admin', is_active = true")
			one, two = n.login(t, "one"), n.login(t, "two")
		}
	})
}

func TestADeactivatedUserHasNoSessionWhoeverWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Run)
		n.waitForMemory(t)
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		for range 10 {
			answers := atOnce(4, func(i int) *httpservertest.Answer {
				if i == 0 {
					return admin.Patch(ada.path(), map[string]bool{"is_active": false}).Require(200)
				}
				return n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada"))
			})
			for _, a := range answers[1:] {
				if a.Status != 200 {
					a.RequireProblem(403, "account_disabled")
					continue
				}
				var g grant
				a.Decode(200, &g)
				ada.Get("/api/v1/users/me", "Authorization", "Bearer "+g.AccessToken).RequireProblem(401, "token_revoked")
				ada.refresh(g.RefreshToken).RequireProblem(401, "token_revoked")
			}
			require.Zero(t, n.Count("sessions WHERE user_id = ? AND ended_at IS NULL", ada.ID))
			admin.Patch(ada.path(), map[string]bool{"is_active": true}).Require(200)
		}
	})
}

// Everything that ends sessions or changes users, at once: no deadlock, no 5xx, and the numbers of the list have no gap.
// A slow machine may be too busy for some of it (503); what was refused so is sent again, as the answer says.
func TestWritersOfAllKindsDoNotStandInEachOthersWay(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		writeAllKinds(t, dbtest.SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dbtest.NoDeadlocks(t, 8, func(db *database.DB) { writeAllKinds(t, db) })
	})
}

func writeAllKinds(t *testing.T, db *database.DB) {
	t.Helper()
	n := newNode(t, db)
	admins := []*person{n.admin(t, "a0"), n.admin(t, "a1"), n.admin(t, "a2")}
	users := []*person{n.join(t, "u0"), n.join(t, "u1")}
	answers := atOnce(40, func(i int) *httpservertest.Answer {
		admin, target := admins[i%3], users[i%2]
		return patiently(func() *httpservertest.Answer {
			switch i % 5 {
			case 0:
				return admin.Patch(admins[(i+1)%3].path(), map[string]string{"role": []string{"user", "admin"}[i%2]})
			case 1:
				return admin.Patch(target.path(), map[string]bool{"is_active": i%2 == 0})
			case 2:
				return target.Post("/api/v1/auth/login", credentials(fmt.Sprintf("u%d", i%2)))
			case 3:
				return target.refresh(target.RefreshToken)
			default:
				return target.Post("/api/v1/auth/logout", refreshing(target.RefreshToken))
			}
		})
	})
	for _, a := range answers {
		require.Less(t, a.Status, 500, "%s", a.Body)
	}
	require.Equal(t, n.Number("SELECT last_seq FROM identity_change_head"), n.Count("identity_changes"))
}

// patiently sends a request again, when it is told to, for as long as the answer is that it cannot be done now. It
// gives up, and returns that answer, after a minute.
func patiently(send func() *httpservertest.Answer) *httpservertest.Answer {
	deadline := time.After(time.Minute)
	for {
		answer := send()
		seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if answer.Status != http.StatusServiceUnavailable || err != nil {
			return answer
		}
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
		case <-deadline:
			return answer
		}
	}
}
