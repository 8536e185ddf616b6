package identity_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/modules/identity"
	"fasttrack/shared/events"
)

func TestRefreshGivesASuccessor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		var next grant
		a := ada.refresh(ada.RefreshToken).Decode(200, &next)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.NotEqual(t, ada.RefreshToken, next.RefreshToken)
		require.NotEqual(t, ada.AccessToken, next.AccessToken)
		require.EqualValues(t, 900, next.ExpiresIn)
		require.EqualValues(t, 7*24*3600, next.RefreshExpiresIn)
		require.Equal(t, sessionOf(t, ada.AccessToken), sessionOf(t, next.AccessToken))
		require.Equal(t, ada.user, n.as(t, next).user)
		require.True(t, ada.alive(), "the old access token lives until it expires")
		require.Zero(t, n.Count("refresh_tokens WHERE length(kid) = 0 OR length(token_hash) <> 32"))
	})
}

func TestTheTokensSayWhatTheContractPromises(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		for token, want := range map[string][2]string{
			ada.AccessToken: {"access", "at+jwt"}, ada.RefreshToken: {"refresh", "rt+jwt"},
		} {
			header, payload := claims(t, token)
			require.Equal(t, map[string]any{"alg": "HS256", "typ": want[1]}, header)
			require.Equal(t, want[0], payload["typ"])
			require.Equal(t, ada.ID.String(), payload["sub"])
			for _, name := range []string{"sid", "jti", "iss", "aud", "iat", "exp"} {
				require.NotEmpty(t, payload[name], name)
			}
		}
		_, access := claims(t, ada.AccessToken)
		require.Equal(t, "user", access["role"])
		require.EqualValues(t, 900, access["exp"].(float64)-access["iat"].(float64))
	})
}

func TestWithinTheGraceATokenYieldsTheLiveOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		var second, third, again grant
		ada.refresh(ada.RefreshToken).Decode(200, &second)
		ada.refresh(ada.RefreshToken).Decode(200, &again)
		require.Equal(t, second.RefreshToken, again.RefreshToken)
		ada.refresh(second.RefreshToken).Decode(200, &third)
		for _, older := range []string{ada.RefreshToken, second.RefreshToken} {
			ada.refresh(older).Decode(200, &again)
			require.Equal(t, third.RefreshToken, again.RefreshToken, "the live token at the end of the chain")
			require.True(t, n.as(t, again).alive())
		}
		require.Empty(t, n.endings())
		require.EqualValues(t, 3, n.Count("refresh_tokens"))
	})
}

func TestAfterTheGraceAReplayEndsTheSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		sibling := n.login(t, "ada")
		var next grant
		ada.refresh(ada.RefreshToken).Decode(200, &next)
		// Ten seconds pass, counted from the consumption.
		n.Exec("UPDATE refresh_tokens SET consumed_at = ? WHERE consumed_at IS NOT NULL", time.Now().Add(-11*time.Second))
		n.Events()
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		ended := n.ExpectEvents("identity.session_ended")[0].(events.SessionEnded)
		require.Equal(t, events.SessionReplay, ended.Reason)
		require.Equal(t, sessionOf(t, ada.AccessToken), ended.SessionID)
		require.Equal(t, ada.ID, ended.UserID)
		require.WithinDuration(t, time.Now(), ended.At, 10*time.Second)

		ada.refresh(next.RefreshToken).RequireProblem(401, "token_revoked")
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		ada.Token = next.AccessToken
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		require.Empty(t, n.Events(), "a session ends once")
		require.True(t, sibling.alive())
	})
}

func TestWithoutGraceEveryRepetitionIsAReplay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		ada.refresh(ada.RefreshToken).Require(200)
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		require.Equal(t, []string{events.SessionReplay}, n.endings())
	}, func(c *identity.Config) { c.RefreshGrace = 0 })
}

func TestARefreshTokenExpires(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.ahead.Store(int64(7*24*time.Hour + time.Second)) // by the token, before anything is looked up
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_expired")
		n.ahead.Store(0)
		n.Exec("UPDATE refresh_tokens SET expires_at = ?", time.Now()) // by its record
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_expired")
		require.Empty(t, n.endings())
		ada.Post("/api/v1/auth/logout", nil).Require(204)
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
	})
}

func TestARecordThatIsNotTheTokensRefusesIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.Exec("UPDATE refresh_tokens SET token_hash = ?", make([]byte, 32))
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		n.Exec("DELETE FROM refresh_tokens")
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		n.Exec("DELETE FROM sessions")
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		require.Empty(t, n.endings())
	})
}

func TestAnAccessTokenExpires(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.ahead.Store(int64(15*time.Minute + time.Second))
		a := ada.Get("/api/v1/users/me").RequireProblem(401, "token_expired")
		require.Contains(t, a.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
		ada.Post("/api/v1/auth/logout", nil).RequireProblem(401, "token_expired")
		require.Empty(t, n.endings())
	})
}

func TestATokenIsNeverOlderThanTheConfiguredLifetime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		shortened := newNode(t, n.DB, func(c *identity.Config) { c.AccessTTL = time.Minute })
		_, err := shortened.Authenticator().Authenticate(t.Context(), ada.AccessToken)
		require.NoError(t, err)
		shortened.ahead.Store(int64(2 * time.Minute))
		shortened.Anonymous(t).Get("/api/v1/users/me", "Authorization", "Bearer "+ada.AccessToken).
			RequireProblem(401, "token_expired")
	})
}

func TestLogoutEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		sibling := n.login(t, "ada")
		n.Events()
		ada.Post("/api/v1/auth/logout", nil).Require(204)
		require.Equal(t, events.SessionLogout, n.ExpectEvents("identity.session_ended")[0].(events.SessionEnded).Reason)
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		ada.Post("/api/v1/auth/logout", nil).RequireProblem(401, "token_revoked")
		ada.Post("/api/v1/auth/logout", refreshing(ada.RefreshToken)).Require(204) // what it asks for is so already
		require.Empty(t, n.Events())
		require.True(t, sibling.alive())
	})
}

func TestLogoutWithTheRefreshTokenAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		other := n.login(t, "ada")
		nobody := n.Anonymous(t)
		nobody.Post("/api/v1/auth/logout", nil).RequireProblem(401, "unauthenticated")
		nobody.Post("/api/v1/auth/logout", map[string]any{}).RequireProblem(401, "unauthenticated")
		nobody.Post("/api/v1/auth/logout", refreshing("nonsense")).RequireProblem(401, "unauthenticated")
		nobody.Post("/api/v1/auth/logout", refreshing(ada.AccessToken)).RequireProblem(401, "unauthenticated")
		nobody.Post("/api/v1/auth/logout", map[string]any{"refresh_token": 7}).RequireProblem(422, "validation_failed")
		nobody.Post("/api/v1/auth/logout", map[string]any{"token": "x"}).RequireProblem(422, "validation_failed")
		require.Empty(t, n.endings())

		nobody.Token = ada.AccessToken[:len(ada.AccessToken)-2] // not a live one, so the body decides
		nobody.Post("/api/v1/auth/logout", refreshing(ada.RefreshToken)).Require(204)
		require.False(t, ada.alive())

		n.ahead.Store(int64(16 * time.Minute))
		other.Post("/api/v1/auth/logout", refreshing(other.RefreshToken)).Require(204)
		n.ahead.Store(0)
		require.False(t, other.alive())
		require.Equal(t, []string{events.SessionLogout, events.SessionLogout}, n.endings())
	})
}

func TestALiveAccessTokenSaysWhichSessionEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		other := n.login(t, "ada")
		ada.Post("/api/v1/auth/logout", refreshing(other.RefreshToken)).Require(204)
		require.False(t, ada.alive())
		require.True(t, other.alive())
	})
}

// Of several Authorization headers none can be preferred: it is as if there were none, whatever they say.
func TestALogoutWithSeveralAccessTokensIsOneWithNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		other := n.login(t, "ada")
		logout := func(body string, tokens ...string) int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+"/api/v1/auth/logout", strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			for _, token := range tokens {
				r.Header.Add("Authorization", "Bearer "+token)
			}
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			answer, err := client.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			return answer.StatusCode
		}
		require.Equal(t, 401, logout("{}", ada.AccessToken, other.AccessToken))
		require.Equal(t, 401, logout("{}", ada.AccessToken, ada.AccessToken))
		require.True(t, ada.alive())
		require.True(t, other.alive())

		require.Equal(t, 204, logout(`{"refresh_token":"`+other.RefreshToken+`"}`, ada.AccessToken, ada.AccessToken))
		require.True(t, ada.alive())
		require.False(t, other.alive())
		require.Equal(t, 204, logout("{}", ada.AccessToken))
		require.False(t, ada.alive())
	})
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		used := func() (at time.Time) {
			var r struct{ LastUsedAt time.Time }
			require.NoError(t, n.DB.Conn(t.Context()).Raw("SELECT last_used_at FROM sessions").Scan(&r).Error)
			return r.LastUsedAt
		}
		opened := used()
		ada.refresh(ada.RefreshToken).Decode(200, &ada.grant)
		require.Equal(t, opened, used())
		n.Exec("UPDATE sessions SET last_used_at = ?", opened.Add(-time.Minute))
		ada.refresh(ada.RefreshToken).Require(200)
		require.False(t, used().Before(opened))
	})
}

func TestWhatAWriteCosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		admin := n.admin(t, "root")
		cost := func(most int, do func()) {
			t.Helper()
			statements := slices.DeleteFunc(n.Statements(do), isNotice)
			require.LessOrEqual(t, len(statements), most, "%s", strings.Join(statements, "\n"))
		}
		var ada *person
		nobody := n.Anonymous(t)
		var g grant
		job := 1
		if n.DB.Dialect() == database.SQLite {
			job = 3 // with a savepoint around it
		}
		cost(3+job, func() { n.Anonymous(t).Post("/api/v1/auth/register", credentials("grace")).Require(201) })
		cost(5, func() { nobody.Post("/api/v1/auth/login", credentials("ada")).Decode(200, &g) })
		// The first refusal of a minute finds out whether they have to be evened out.
		cost(2+1, func() { nobody.Post("/api/v1/auth/login", loggingIn("ada", "wrong")).Require(401) })
		cost(2, func() { nobody.Post("/api/v1/auth/login", loggingIn("ada", "wrong")).Require(401) })
		cost(2, func() { nobody.Post("/api/v1/auth/login", loggingIn("eve", "wrong")).Require(401) })
		ada = n.as(t, g)
		cost(5, func() { ada.refresh(ada.RefreshToken).Require(200) })
		cost(2, func() { ada.refresh(ada.RefreshToken).Require(200) }) // repeated: only read
		cost(6, func() { ada.Post("/api/v1/auth/logout", nil).Require(204) })
		ada = n.login(t, "ada")
		cost(2, func() { ada.Get("/api/v1/auth/sessions").Require(200) })
		other := ownSessions + "/" + sessionOf(t, n.login(t, "ada").AccessToken).String()
		cost(6, func() { ada.Delete(other).Require(204) })
		cost(7, func() { ada.Post("/api/v1/auth/logout-all", nil).Require(204) })
		ada = n.login(t, "ada")
		cost(7, func() { ada.Post(myPassword, changing(password, password)).Require(204) })
		cost(job, func() { nobody.Post(forgot, addressed("ada")).Require(202) })
		cost(job, func() { nobody.Post(verification, addressed("ada")).Require(202) })
		// Of these two mails, and how many there were, what is too old, and what is replaced.
		cost(6+2+3+job, func() { ada.Patch(me, moving("countess", password)).Require(200) })
		cost(5, func() { ada.Patch("/api/v1/users/me", map[string]string{"display_name": "Ada"}).Require(200) })
		cost(9, func() { admin.Patch(ada.path(), map[string]bool{"is_active": false}).Require(200) })
	})
}

func TestARunningNodeChecksTokensWithoutSQL(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		require.True(t, n.asks(t, ada.AccessToken), "memory does not count before the node follows")
		stop := n.Go(n.Run)
		n.waitForMemory(t)
		require.False(t, n.asks(t, ada.AccessToken))
		stop()
		require.Eventually(t, func() bool { return n.asks(t, ada.AccessToken) }, 10*time.Second, 10*time.Millisecond,
			"memory that nobody feeds is not used for long")
	})
}

func TestEveryEndIsHeardInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin := n.admin(t, "root")
		for range 5 {
			ada := n.join(t, "ada"+time.Now().Format("150405.000000000"))
			admin.Patch(ada.path(), map[string]string{"role": "admin"}).Require(200)
			ada.Post("/api/v1/auth/logout", nil).Require(204)
		}
		require.EqualValues(t, 10, n.Number("SELECT last_seq FROM identity_change_head"))
		require.EqualValues(t, 10, n.Count("identity_changes WHERE seq BETWEEN 1 AND 10"))
	})
}
