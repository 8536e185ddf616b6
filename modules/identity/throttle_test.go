package identity_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/modules/identity"
)

func throttled(c *identity.Config) { c.LoginThrottle = true }

const (
	home = "192.0.2.1"
	away = "198.51.100.7"
)

// tryFrom logs in, or tries to, from an address.
func (n *node) tryFrom(t *testing.T, ip, name, password string) *httpservertest.Answer {
	t.Helper()
	return n.Anonymous(t).Post("/api/v1/auth/login", loggingIn(name, password), "X-Forwarded-For", ip)
}

// requireThrottled demands a 429 and returns what it says to wait, in seconds.
func requireThrottled(t *testing.T, a *httpservertest.Answer) int {
	t.Helper()
	a.RequireProblem(429, "rate_limited")
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, seconds)
	return seconds
}

// exhaust guesses until a guess is refused, and returns how many were not and what the refusal says to wait. A slow
// machine may take a second between two guesses, and so be let through once more.
func exhaust(t *testing.T, guess func() *httpservertest.Answer, wrong int) (failures, wait int) {
	t.Helper()
	for {
		a := guess()
		if a.Status == 429 {
			return failures, requireThrottled(t, a)
		}
		a.Require(wrong)
		failures++
		require.Less(t, failures, 20)
	}
}

// letPass makes what is remembered as old as if the wait had passed.
func (n *node) letPass() { n.Exec("UPDATE guess_pairs SET free_at = ?", time.Now().Add(-time.Second)) }

func TestWrongPasswordsSlowDownTheNext(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		failures, wait := exhaust(t, func() *httpservertest.Answer { return n.tryFrom(t, home, "ada", "wrong") }, 401)
		require.GreaterOrEqual(t, failures, 5)
		require.LessOrEqual(t, wait, 1<<(failures-5))
		noted := n.Count("audit_log")
		n.Exec("UPDATE guess_pairs SET free_at = ?", time.Now().Add(10*time.Minute))
		require.InDelta(t, 600, requireThrottled(t, n.tryFrom(t, home, "ada", password)), 20, "even the right one")
		require.Equal(t, noted, n.Count("audit_log"), "what is refused unseen fills no log")
		n.tryFrom(t, away, "ada", password).Require(200)
		n.tryFrom(t, home, "eve", "wrong").Require(401)

		n.letPass()
		n.tryFrom(t, home, "ada", "wrong").Require(401)
		require.EqualValues(t, failures+1, n.Number("SELECT max(failures) FROM guess_pairs"), "it survives the refusal")
		n.letPass()
		n.tryFrom(t, home, "ada", password).Require(200)
		for range 4 {
			n.tryFrom(t, home, "ada", "wrong").Require(401) // a success forgets
		}
		n.tryFrom(t, home, "ada", password).Require(200)
	}, throttled)
}

func TestWithoutTheThrottleNothingIsCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		for range 12 {
			n.tryFrom(t, home, "ada", "wrong").Require(401)
		}
		n.tryFrom(t, home, "ada", password).Require(200)
		require.Zero(t, n.Count("guess_pairs")+n.Count("guess_accounts"))
	})
}

// The addresses of one IPv6 network are one: who has a network has 2^64 of them.
func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		i := 0
		exhaust(t, func() *httpservertest.Answer {
			i++
			return n.tryFrom(t, fmt.Sprintf("2001:db8:1:2:%x::%x", i, i), "ada", "wrong")
		}, 401)
		n.tryFrom(t, "2001:db8:1:3::1", "ada", "wrong").Require(401)
	}, throttled)
}

// Whether there is an account cannot be told from the answers, from their headers, from what is kept, or from the work
// that an answer takes: the statements and the hashes, of which the latter take the time.
func TestKnownAndUnknownAccountsCannotBeToldApartAtLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		var hashes atomic.Int64
		n := newNode(t, db, throttled, identity.CountHashes(&hashes))
		n.register(t, "known")
		n.tryFrom(t, away, "somebody", "wrong").Require(401) // the first refusal finds out what holds for a minute
		type seen struct {
			status     int
			body       string
			header     http.Header
			statements []string
			hashes     int64
		}
		look := func(ip, name string) (s seen) {
			hashes.Store(0)
			var a *httpservertest.Answer
			s.statements = n.Statements(func() { a = n.tryFrom(t, ip, name, "wrong") })
			s.status, s.hashes, s.header = a.Status, hashes.Load(), a.Header.Clone()
			s.body = strings.ReplaceAll(string(a.Body), a.Header.Get("X-Request-Id"), "")
			for _, own := range []string{"X-Request-Id", "Date"} {
				s.header.Del(own)
			}
			return s
		}
		for i := range 8 {
			known, unknown := look(home, "known"), look(home, "unknown")
			require.Equal(t, known, unknown, "guess %d", i+1)
			if i < 5 {
				require.Equal(t, 401, known.status)
				require.EqualValues(t, 1, known.hashes)
			}
			n.letPass()
		}
		n.Exec("UPDATE guess_pairs SET free_at = ?", time.Now().Add(10*time.Minute))
		known, unknown := look(home, "known"), look(home, "unknown")
		known.header.Del("Retry-After") // a moment later
		unknown.header.Del("Retry-After")
		require.Equal(t, known, unknown)
		require.Equal(t, 429, known.status)
		require.Zero(t, known.hashes, "a guess that is refused costs nothing")

		for _, name := range []string{"known", "unknown"} {
			n.spread(t, name, 100)
		}
		known, unknown = look("203.0.113.200", "known"), look("203.0.113.200", "unknown")
		known.header.Del("Retry-After")
		unknown.header.Del("Retry-After")
		require.Equal(t, known, unknown)
		require.Equal(t, 429, known.status)
	})
}

// spread makes it so that the account was guessed wrong from many addresses: as often as is said, one time each.
func (n *node) spread(t *testing.T, name string, failures int) {
	t.Helper()
	for i := range failures {
		a := n.tryFrom(t, fmt.Sprintf("203.0.113.%d", i), name, "wrong")
		if a.Status == 429 {
			return
		}
		a.Require(401)
	}
}

func TestAHundredWrongPasswordsAnHourAreTheMostForAnAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		n.tryFrom(t, home, "ada", password).Require(200)
		n.spread(t, "ada", 101)
		require.EqualValues(t, 100, n.Count("guess_pairs"))
		wait := requireThrottled(t, n.tryFrom(t, away, "ada", password))
		require.InDelta(t, 3600, wait, 300)
		n.tryFrom(t, away, "eve", "wrong").Require(401)
		// Strangers cannot lock the owners out of where they are at home; but guesses from there are slowed down as well.
		n.tryFrom(t, home, "ada", password).Require(200)
		exhaust(t, func() *httpservertest.Answer { return n.tryFrom(t, home, "ada", "wrong") }, 401)
	}, throttled)
}

// Guesses at once are told no more than guesses in a row: of many, as many as are free.
func TestGuessesAtOnceGetNoMoreThanTheirShare(t *testing.T) {
	t.Parallel()
	race := func(t *testing.T, db *database.DB) {
		n := newNode(t, db, throttled)
		n.register(t, "ada")
		n.tryFrom(t, home, "ada", "wrong").Require(401)
		for range 3 {
			// 15 failures so far: the next one makes it wait for a quarter of an hour.
			n.Exec("UPDATE guess_pairs SET failures = 15, free_at = ?", time.Now().Add(-time.Second))
			answers := atOnce(12, func(int) *httpservertest.Answer { return n.tryFrom(t, home, "ada", "wrong") })
			require.Equal(t, map[int]int{401: 1, 429: 11}, statuses(answers))
			require.EqualValues(t, 16, n.Number("SELECT failures FROM guess_pairs"))
		}
		// Whoever knows the password gets in, however many they are.
		n.letPass()
		answers := atOnce(12, func(int) *httpservertest.Answer { return n.tryFrom(t, home, "ada", password) })
		require.Equal(t, map[int]int{200: 12}, statuses(answers))
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		race(t, dbtest.SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dbtest.NoDeadlocks(t, 6, func(db *database.DB) { race(t, db) })
	})
}

// A session that was stolen does not give the password away, and what is guessed there locks nobody out at the login.
func TestTheCurrentPasswordIsGuessedNoFaster(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada, eve := n.join(t, "ada"), n.join(t, "eve")
		failures, _ := exhaust(t, func() *httpservertest.Answer {
			return ada.Post(myPassword, changing("wrong", another), "X-Forwarded-For", home)
		}, 422)
		require.GreaterOrEqual(t, failures, 5)
		n.Exec("UPDATE guess_pairs SET free_at = ?", time.Now().Add(time.Minute))
		requireThrottled(t, ada.Post(myPassword, changing(password, another), "X-Forwarded-For", home))
		requireThrottled(t, ada.Post(myPassword, changing("wrong", "short"), "X-Forwarded-For", home))
		eve.Post(myPassword, changing(password, another), "X-Forwarded-For", home).Require(204)
		n.tryFrom(t, home, "ada", password).Require(200)
		n.letPass()
		ada.Post(myPassword, changing(password, another), "X-Forwarded-For", home).Require(204)
		require.Zero(t, n.Count("guess_pairs"))
	}, throttled)
}

// The counters of a dump tell neither addresses nor accounts.
func TestCountersNameNoAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.tryFrom(t, home, "ada", "wrong").Require(401)
		ada.Post(myPassword, changing("wrong", another)).Require(422)
		var accounts [][]byte
		require.NoError(t, n.DB.Conn(t.Context()).Raw("SELECT account FROM guess_pairs").Scan(&accounts).Error)
		require.Len(t, accounts, 2)
		for _, account := range accounts {
			require.Len(t, account, 32)
			require.NotContains(t, string(account), "ada")
		}
	}, throttled)
}

func TestALoginTakesTwoStatementsMoreForTheThrottle(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		n := newNode(t, db)
		n.register(t, "ada")
		slow := newNode(t, db, throttled)
		count := func(n *node) int {
			return len(n.Statements(func() { n.tryFrom(t, home, "ada", password).Require(200) }))
		}
		require.Equal(t, count(n)+2, count(slow))
	})
}

// The document says that a login may be refused so.
func TestThe429IsDocumented(t *testing.T) {
	t.Parallel()
	n := newNode(t, dbtest.SQLite(t))
	asJSON, _, err := n.OpenAPI()
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]json.RawMessage `json:"responses"`
		} `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(asJSON, &document))
	for _, path := range []string{"/api/v1/auth/login", myPassword} {
		require.Contains(t, document.Paths[path]["post"].Responses, "429", path)
	}
}
