package identity_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/modules/identity"
)

// withoutPause has no refusal take longer than it does.
func withoutPause(c *identity.Config) {
	identity.PauseBy(func(context.Context, time.Duration) error { return nil })(c)
}

// bring gives an account a hash as it may come from another system.
func (n *node) bring(t *testing.T, name string, cost int) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	text := strings.Replace(string(hash), "$04$", fmt.Sprintf("$%02d$", cost), 1) // of no password then
	n.Exec("UPDATE users SET password_hash = ? WHERE email = ?", text, address(name))
}

// A hash that was brought along takes longer than one of ours. While there is one no refusal takes less time than any
// other: whether there is an account, and how old it is, cannot be told. Hashes here take what the test says, and pauses
// are added up instead of made.
func TestAnAccountThatWasBroughtAlongCannotBeToldByTheTime(t *testing.T) {
	t.Parallel()
	work := map[string]time.Duration{"$2a$": 300 * time.Millisecond, "$argon2id$v=19$m=64,": 25 * time.Millisecond, "": 25 * time.Millisecond}
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		var spent atomic.Int64 // at hashes, and at pauses
		var n *node
		free := func(context.Context, time.Duration) error { return nil }
		n = newNode(t, db, throttled, identity.HashesTake(work, &spent), identity.PauseBy(
			func(ctx context.Context, d time.Duration) error {
				spent.Add(int64(d))
				return free(ctx, d)
			}), func(c *identity.Config) { c.HashConcurrency, c.HashQueue = 1, 1 })
		n.register(t, "ours")
		n.register(t, "brought")
		n.register(t, "gone")
		n.Exec("UPDATE users SET is_active = ? WHERE email = ?", false, address("gone"))
		n.bring(t, "brought", bcrypt.MinCost)
		refused := func(name, password string, status int) time.Duration {
			t.Helper()
			spent.Store(0)
			n.tryFrom(t, home, name, password).Require(status)
			return time.Duration(spent.Load())
		}
		want := refused("nobody", password, 401)
		require.Greater(t, want, work["$2a$"])
		require.Equal(t, want, refused("no address", password, 401))
		require.Equal(t, want, refused("ours", "wrong", 401))
		require.Equal(t, want, refused("brought", "wrong", 401))
		require.Equal(t, want, refused("gone", "wrong", 401))
		require.Equal(t, want, refused("gone", password, 403))

		// Whoever waits has nothing that another one needs: neither the slot of the hasher, nor a connection, nor a lock.
		waited := false
		free = func(context.Context, time.Duration) error {
			waited = true
			free = func(context.Context, time.Duration) error { return nil }
			n.tryFrom(t, away, "ours", password).Require(200)
			n.tryFrom(t, home, "brought", "wrong").Require(401)
			return nil
		}
		n.tryFrom(t, home, "brought", "wrong").Require(401)
		require.True(t, waited)

		spent.Store(0)
		n.tryFrom(t, away, "ours", password).Require(200)
		require.Less(t, time.Duration(spent.Load()), want, "who knows the password does not wait")
	})
}

// Somebody who does not wait for the answer has been counted nevertheless.
func TestWhoHangsUpBeforeTheRefusalIsCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		n := newNode(t, db, throttled, identity.PauseBy(func(context.Context, time.Duration) error { return context.Canceled }))
		n.register(t, "ada")
		n.bring(t, "ada", bcrypt.MinCost)
		n.tryFrom(t, home, "ada", "wrong")
		require.EqualValues(t, 1, n.Number("SELECT max(failures) FROM guess_pairs"))
		require.EqualValues(t, 1, n.Count("audit_log WHERE action = 'login_failed'"))
	})
}

func TestAHashThatCostsTooMuchIsNotVerified(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		admin := n.admin(t, "root")
		ada := n.register(t, "ada")
		n.bring(t, "ada", 31) // days
		var answers []*httpservertest.Answer
		for _, name := range []string{"ada", "nobody"} {
			answers = append(answers, n.Anonymous(t).Post("/api/v1/auth/login", credentials(name)).
				RequireProblem(401, "invalid_credentials"))
		}
		require.Equal(t, withoutID(answers[0].Body), withoutID(answers[1].Body))
		require.Contains(t, n.logged(), "costs too much to be verified")
		require.Contains(t, n.logged(), ada.ID.String())
		require.NotContains(t, n.logged(), "$31$")
		entries := listed[auditEntry](admin, auditLog+"?action=login_failed&")
		require.Equal(t, map[string]string{"reason": "hash_too_costly"}, entries[1].Details)

		n.Anonymous(t).Post(reset, resetting(n.forget(t, "ada", 1), another)).Require(204)
		n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", another)).Require(200)
	}, withoutPause)
}
