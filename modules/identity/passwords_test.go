package identity_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/modules/identity"
	"fasttrack/shared/events"
)

const (
	myPassword = "/api/v1/users/me/password"
	another    = "seven grey owls listen"
)

func changing(current, next string) map[string]string {
	return map[string]string{"current_password": current, "new_password": next}
}

func loggingIn(name, password string) map[string]string {
	return map[string]string{"email": address(name), "password": password}
}

func TestChangingThePasswordEndsEveryOtherSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada, eve := n.join(t, "ada"), n.join(t, "eve")
		phone := n.login(t, "ada")
		tag := ada.Get("/api/v1/users/me").ETag()
		n.Events()
		a := ada.Post(myPassword, changing(password, another)).Require(204)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		heard := n.Events()
		require.Len(t, heard, 1)
		ended := heard[0].(events.SessionEnded)
		require.Equal(t, events.SessionPassword, ended.Reason)
		require.Equal(t, sessionOf(t, phone.AccessToken), ended.SessionID)
		phone.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		phone.refresh(phone.RefreshToken).RequireProblem(401, "token_revoked")
		require.True(t, ada.alive())
		require.True(t, eve.alive())
		ada.refresh(ada.RefreshToken).Require(200)
		require.Equal(t, tag, ada.Get("/api/v1/users/me").ETag(), "nothing that is shown is different")

		nobody := n.Anonymous(t)
		nobody.Post("/api/v1/auth/login", loggingIn("ada", password)).RequireProblem(401, "invalid_credentials")
		nobody.Post("/api/v1/auth/login", loggingIn("ada", another)).Require(200)
		for _, leak := range []string{password, another} {
			require.NotContains(t, n.logged(), leak)
		}
	})
}

func TestAPasswordChangeIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada.lovelace")
		phone := n.login(t, "ada.lovelace")
		n.Events()
		for _, c := range []struct {
			current, next string
			refused       []string
		}{
			{"wrong", another, []string{"body.current_password"}},
			{"", another, []string{"body.current_password"}},
			{strings.Repeat("x", 1025), another, []string{"body.current_password"}},
			{password, "short", []string{"body.new_password"}},
			{password, "password1", []string{"body.new_password"}},
			{password, "lovelace2", []string{"body.new_password"}},
			{password, strings.Repeat("é", 129), []string{"body.new_password"}},
			{"wrong", "short", []string{"body.current_password", "body.new_password"}},
		} {
			a := ada.Post(myPassword, changing(c.current, c.next)).RequireProblem(422, "validation_failed")
			require.Equal(t, c.refused, a.Locations(), "%q %q", c.current, c.next)
			require.NotContains(t, string(a.Body), "lovelace2")
		}
		ada.Post(myPassword, map[string]string{"new_password": another}).RequireProblem(422, "validation_failed")
		n.Anonymous(t).Post(myPassword, changing(password, another)).RequireProblem(401, "unauthenticated")
		require.Empty(t, n.endings())
		require.True(t, phone.alive())
		require.True(t, n.login(t, "ada.lovelace").alive())
	})
}

func TestAPasswordThatIsEasyToGuessIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		register := func(name, password, displayName string) *httpservertest.Answer {
			return n.Anonymous(t).Post("/api/v1/auth/register", map[string]string{
				"email": address(name), "password": password, "display_name": displayName,
			})
		}
		for password, reason := range map[string]string{
			"password1":   "many people",
			"lovelace2":   "address or the name",
			"Countess22":  "address or the name",
			"abcabcabc":   "repeats itself",
			"example.com": "address or the name",
		} {
			a := register("ada.lovelace", password, "The Countess").RequireProblem(422, "validation_failed")
			require.Equal(t, []string{"body.password"}, a.Locations())
			require.Contains(t, string(a.Body), "is too easy to guess: ")
			require.Contains(t, string(a.Body), reason, password)
		}
		require.Zero(t, n.Count("users"))
		register("ada.lovelace", "nine red kites circle", "The Countess").Require(201)
	})
}

// "Å", "ﬁ" and the like arrive as one character or as several, as the keyboard has it.
func TestComposedAndDecomposedCharactersAreTheSamePassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		const composed, decomposed = "\u00c5ngstr\u00f6ms \ufb01ne \u2460 scales", "A\u030angstro\u0308ms fine 1 scales"
		nobody := n.Anonymous(t)
		nobody.Post("/api/v1/auth/register", loggingIn("ada", decomposed)).Require(201)
		for _, presented := range []string{composed, decomposed} {
			nobody.Post("/api/v1/auth/login", loggingIn("ada", presented)).Require(200)
		}
		nobody.Post("/api/v1/auth/login", loggingIn("ada", "Angstroms fine 1 scales")).RequireProblem(401, "invalid_credentials")

		// Four characters, however they are spelled; and 128, though they are sent as 384.
		nobody.Post("/api/v1/auth/register", loggingIn("short", strings.Repeat("e\u0301", 7))).RequireProblem(422, "validation_failed")
		long := "vier graue Eulen " + strings.Repeat("o\u0308", 128-17)
		nobody.Post("/api/v1/auth/register", loggingIn("long", long)).Require(201)
		nobody.Post("/api/v1/auth/register", loggingIn("longer", long+"x")).RequireProblem(422, "validation_failed")
		nobody.Post("/api/v1/auth/login", loggingIn("long", long)).Require(200)
	})
}

func TestALoginReplacesAnOutdatedHash(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		before := newNode(t, db)
		before.register(t, "ada")
		hash := func() (hash string) {
			require.NoError(t, db.Conn(t.Context()).Raw("SELECT password_hash FROM users").Scan(&hash).Error)
			return hash
		}
		n := newNode(t, db, withoutPause, func(c *identity.Config) { c.Argon2MemoryKiB = 128 })
		old := hash()
		n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", "wrong")).Require(401)
		require.Equal(t, old, hash())
		ada := n.login(t, "ada")
		better := hash()
		require.Contains(t, better, "$m=128,")
		require.Regexp(t, `^"1\.`, ada.Get("/api/v1/users/me").ETag(), "no change by people")
		require.True(t, n.login(t, "ada").alive())
		require.Equal(t, better, hash(), "replaced once")
	})
}

func TestAHashOfBcryptIsTakenAndReplaced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		const old = "gr\u00fcne A\u030apfel im Herbst" // as it was typed then
		hash, err := bcrypt.GenerateFromPassword([]byte(old), bcrypt.MinCost)
		require.NoError(t, err)
		n.Exec("UPDATE users SET password_hash = ?", string(hash))
		nobody := n.Anonymous(t)
		nobody.Post("/api/v1/auth/login", loggingIn("ada", "wrong")).RequireProblem(401, "invalid_credentials")
		require.Zero(t, n.Count("users WHERE password_hash LIKE '$argon2id$%'"))
		nobody.Post("/api/v1/auth/login", loggingIn("ada", old)).Require(200)
		require.EqualValues(t, 1, n.Count("users WHERE password_hash LIKE '$argon2id$%'"))
		nobody.Post("/api/v1/auth/login", loggingIn("ada", old)).Require(200)
	}, withoutPause)
}

// All of them know the password, so all get in, whoever replaces the hash; and nobody deadlocks.
func TestLoginsThatReplaceTheSameHashAllSucceed(t *testing.T) {
	t.Parallel()
	replace := func(t *testing.T, db *database.DB) {
		n := newNode(t, db)
		n.register(t, "ada")
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		require.NoError(t, err)
		for range 5 {
			n.Exec("UPDATE users SET password_hash = ?", string(hash))
			atOnce(6, func(int) *httpservertest.Answer {
				return n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada")).Require(200)
			})
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		replace(t, dbtest.SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dbtest.NoDeadlocks(t, 6, func(db *database.DB) { replace(t, db) })
	})
}

// Of two changes at once one is made, and no session that was opened with the old password outlives it.
func TestNothingOfTheOldPasswordOutlivesItsChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		current := password
		for range 5 {
			ada := n.as(t, loggedIn(t, n, current))
			candidates := []string{current + " once", current + " twice"}
			answers := atOnce(4, func(i int) *httpservertest.Answer {
				if i < 2 {
					return ada.Post(myPassword, changing(current, candidates[i]))
				}
				return n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", current))
			})
			require.Equal(t, map[int]int{204: 1, 422: 1}, statuses(answers[:2]))
			for _, a := range answers[2:] {
				if a.Status == 200 {
					var g grant
					a.Decode(200, &g)
					ada.Get("/api/v1/users/me", "Authorization", "Bearer "+g.AccessToken).RequireProblem(401, "token_revoked")
					continue
				}
				a.RequireProblem(401, "invalid_credentials")
			}
			require.True(t, ada.alive())
			current = candidates[0]
			if answers[1].Status == 204 {
				current = candidates[1]
			}
		}
	})
}

func loggedIn(t *testing.T, n *node, password string) (g grant) {
	t.Helper()
	n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", password)).Decode(200, &g)
	return g
}
