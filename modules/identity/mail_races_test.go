package identity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
)

// The rule: of resets with one token one is made, though both have found it good before they came to the lock.
func TestOneOfTwoResetsWithOneTokenIsMade(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	n := newNode(t, db)
	stop := n.Go(n.Jobs.Run)
	n.join(t, "ada")
	token := n.forget(t, "ada", 1)
	stop()
	i := dbtest.Interleave(t, db)
	setting := func(password string) func() *httpservertest.Answer {
		return func() *httpservertest.Answer { return n.Anonymous(t).Post(reset, resetting(token, password)) }
	}
	release := dbtest.Hold(i, setting(another))
	second := dbtest.Blocked(i, setting("nine red kites circle"))
	release().Require(204)
	requireBadToken(t, second())
	n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", another)).Require(200)
}

// The rule: two accounts that wait for one address do not both get it.
func TestOneOfTwoAccountsGetsAnAddress(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	n := newNode(t, db)
	stop := n.Go(n.Jobs.Run)
	ada, eve := n.join(t, "ada"), n.join(t, "eve")
	ada.Patch(me, moving("one", password)).Require(200)
	hers := n.outbox.Await(t, address("one"), confirming, 1).Token(t)
	eve.Patch(me, moving("one", password)).Require(200)
	others := n.outbox.Await(t, address("one"), confirming, 2).Token(t)
	stop()
	i := dbtest.Interleave(t, db)
	verifying := func(token string) func() *httpservertest.Answer {
		return func() *httpservertest.Answer { return n.Anonymous(t).Post(verify, presenting(token)) }
	}
	release := dbtest.Hold(i, verifying(hers))
	second := dbtest.Blocked(i, verifying(others))
	release().Require(204)
	second().RequireProblem(409, "email_taken")
	require.Equal(t, address("one"), ada.own().Email)
	require.Equal(t, address("eve"), eve.own().Email)
}

func TestOneOfManyResetsAtOnceIsMadeAndNoSessionOutlivesIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		n := newNode(t, db)
		n.Go(n.Jobs.Run)
		n.register(t, "ada")
		token := n.forget(t, "ada", 1)
		passwords := []string{"nine red kites circle", "four blue herons wade", "seven grey owls listen"}
		answers := atOnce(6, func(i int) *httpservertest.Answer {
			if i < 3 {
				return n.Anonymous(t).Post(reset, resetting(token, passwords[i]))
			}
			return n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada"))
		})
		require.Equal(t, map[int]int{204: 1, 422: 2}, statuses(answers[:3]))
		for _, a := range answers[3:] {
			if a.Status == 200 {
				var g grant
				a.Decode(200, &g)
				n.Anonymous(t).Get(me, "Authorization", "Bearer "+g.AccessToken).RequireProblem(401, "token_revoked")
			}
		}
		for i, a := range answers[:3] {
			want := map[int]int{204: 200, 422: 401}[a.Status]
			n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", passwords[i])).Require(want)
		}
	})
}
