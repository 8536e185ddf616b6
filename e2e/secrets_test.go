package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestNoSecretIsLoggedOrShown: after a journey with every kind of mishap, neither the log at its most talkative nor any
// refusal, metric or trace holds a password, a token, a key, or a hash of one.
func TestNoSecretIsLoggedOrShown(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, databaseURL string) {
		spans := newSpans(t)
		p := harness.Start(t, databaseURL, spans.here())
		var mu sync.Mutex
		var refusals bytes.Buffer
		p.Watch(func(a *harness.Answer) {
			if a.Status >= 400 {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(&refusals, "%s: %d %v %s\n", strings.Fields(a.What)[0], a.Status, a.Header, a.Body)
			}
		})
		ann := p.Register("Ann")
		secrets := map[string]string{
			"the key": harness.SecretKey, "the superuser's password": harness.AdminPassword,
			"a password": ann.Password, "a wrong password": "Tr0ub4dor&3-wrong", "a weak password": "hunter2",
			"an access token": ann.Tokens.AccessToken, "a refresh token": ann.Tokens.RefreshToken,
		}
		wrong, weak := secrets["a wrong password"], secrets["a weak password"]

		login := func(body any) *harness.Answer { return p.Post("/auth/login", body) }
		login(map[string]any{"email": ann.Email, "password": wrong}).Wants(401)
		login(map[string]any{"email": "nobody@example.com", "password": wrong}).Wants(401)
		login(map[string]any{"email": ann.Email, "password": []string{ann.Password}}).Wants(422)
		login(map[string]any{"email": ann.Password, "password": ann.Email}).WantsProblem(401, "invalid_credentials")
		login(map[string]any{"email": ann.Email, "password": ann.Password, "passwort": ann.Password}).Wants(422)
		login(`{"email":"` + ann.Email + `","password":"` + ann.Password).Wants(400)
		p.Post("/auth/register", map[string]any{"email": "new@example.com", "password": weak}).Wants(422)
		p.Post("/auth/register", map[string]any{"email": ann.Email, "password": ann.Password}).Wants(409)
		p.Get("/tasks?token=" + ann.Tokens.AccessToken + "&password=" + url.QueryEscape(ann.Password)).Wants(401)
		ann.Get("/tasks?token=" + ann.Tokens.AccessToken).Wants(422)
		ann.Get("/tasks?cursor=" + strings.ReplaceAll(ann.Tokens.AccessToken, ".", "-")).Wants(422)
		p.With(ann.Tokens.RefreshToken).Get("/users/me").Wants(401)
		p.With(ann.Tokens.AccessToken + "x").Get("/users/me").Wants(401)
		p.Do("GET", "/"+ann.Tokens.AccessToken, nil).Wants(404)
		p.Do("GET", "/api/v1/tasks/"+ann.Tokens.AccessToken, nil).Wants(401)
		ann.Get("/tasks/" + ann.Tokens.AccessToken).Wants(422)
		p.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken + "x"}).Wants(401)
		p.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.AccessToken}).Wants(401)

		fresh := harness.Into[harness.Tokens](
			p.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken}).Wants(200))
		secrets["a fresh access token"], secrets["a fresh refresh token"] = fresh.AccessToken, fresh.RefreshToken

		confirm := p.MailToken(ann.Email, harness.ConfirmMail, 1)
		p.Post("/auth/password/forgot", map[string]any{"email": ann.Email}).Wants(202)
		forgotten := p.MailToken(ann.Email, harness.ResetMail, 1)
		secrets["the secret of a token by mail"], secrets["that of another one"] = confirm[22:], forgotten[22:]
		p.Post("/auth/password/reset", map[string]any{"token": confirm, "new_password": wrong}).Wants(422)
		p.Post("/auth/password/reset", map[string]any{"token": forgotten, "new_password": weak}).Wants(422)
		p.Post("/auth/password/reset", map[string]any{"token": forgotten, "new_password": ann.Password, "x": 1}).Wants(422)
		p.Post("/auth/email/verify", map[string]any{"token": forgotten}).Wants(422)
		p.Post("/auth/email/verify", map[string]any{"tokens": confirm}).Wants(422)
		p.Do("GET", "/verify-email?token="+confirm, nil).Wants(404)
		p.With(fresh.AccessToken).Patch("/users/me", map[string]any{"email": "x@example.com", "current_password": wrong}).Wants(422)

		// What no handler sees.
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "GET /ws?token=%s HTTP/1.1\r\nHost: a b\r\nAuthorization: Bearer %[1]s\r\n\r\n", fresh.AccessToken)
		require.NoError(t, err)
		said, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		mu.Lock()
		refusals.Write(said)
		mu.Unlock()

		ann.Socket("")
		_, _, err = p.With(fresh.AccessToken + "x").Dial("")
		require.Error(t, err)
		bySubprotocol := websocket.Dialer{Subprotocols: []string{"fasttrack.v1", "bearer." + fresh.AccessToken}}
		opened, response, err := bySubprotocol.Dial("ws"+strings.TrimPrefix(p.URL, "http")+"/ws", nil)
		require.NoError(t, err)
		require.Equal(t, "fasttrack.v1", response.Header.Get("Sec-Websocket-Protocol"), "and not the token")
		require.NoError(t, opened.Close())

		for _, what := range []string{"a used ticket", "a ticket"} {
			secrets[what] = p.With(fresh.AccessToken).Ticket()
		}
		byTicket, _, err := p.DialByTicket(secrets["a used ticket"])
		require.NoError(t, err)
		byTicket.Expect("ready")
		p.Get("/notifications/stream?ticket=" + secrets["a used ticket"]).Wants(401)
		p.Get("/notifications/stream?colour=red&ticket=" + secrets["a used ticket"]).Wants(401)

		p.With(fresh.AccessToken).Post("/auth/logout", nil).Wants(http.StatusNoContent)
		p.Post("/auth/refresh", map[string]any{"refresh_token": fresh.RefreshToken}).Wants(401)

		db := dbtest.Open(t, p.Config.DatabaseURL)
		for what, hash := range hashes(t, db) {
			secrets[what] = hash
		}
		metrics := string(p.Do("GET", "/metrics", nil).Wants(200).Body)
		p.Stop()
		traces := spans.String()
		require.Contains(t, traces, "POST /api/v1/auth/login", "the traces do not show the logins")
		require.Contains(t, traces, "sql insert")
		mu.Lock()
		defer mu.Unlock()
		for what, secret := range secrets {
			// A token is as good as its signature: whole or in part, it must not be there.
			for _, part := range append(strings.Split(secret, "."), secret) {
				if len(part) < 7 || strings.HasPrefix(part, "eyJhbGciOi") { // the header of all tokens is no secret
					continue
				}
				require.False(t, strings.Contains(p.Log.String(), part), "the log has %s", what)
				require.False(t, strings.Contains(refusals.String(), part), "a refusal has %s", what)
				require.False(t, strings.Contains(metrics, part), "a metric has %s", what)
				require.False(t, strings.Contains(traces, part), "a trace has %s", what)
			}
		}
		require.NotEmpty(t, p.Log.Lines("/api/v1/auth/login"), "the log does not show the logins")
	})
}

// hashes returns what the database keeps of passwords and tokens, in the forms that a log might show.
func hashes(t *testing.T, db *database.DB) map[string]string {
	t.Helper()
	found := map[string]string{}
	var passwords []string
	require.NoError(t, db.Conn(t.Context()).Raw(`SELECT password_hash FROM users`).Scan(&passwords).Error)
	require.NotEmpty(t, passwords)
	for i, hash := range passwords {
		fields := strings.Split(hash, "$")
		found[fmt.Sprintf("the hash of password %d", i)] = fields[len(fields)-1]
		found[fmt.Sprintf("the salt of password %d", i)] = fields[len(fields)-2]
	}
	var tokens [][]byte
	require.NoError(t, db.Conn(t.Context()).Raw(`SELECT token_hash FROM refresh_tokens`).Scan(&tokens).Error)
	require.NotEmpty(t, tokens)
	for i, hash := range tokens {
		found[fmt.Sprintf("the hash of token %d in hexadecimal", i)] = hex.EncodeToString(hash)
		found[fmt.Sprintf("the hash of token %d in base64", i)] = base64.RawURLEncoding.EncodeToString(hash)
	}
	var mails [][]byte
	require.NoError(t, db.Conn(t.Context()).Raw(`SELECT token_hash FROM identity_mails WHERE token_hash IS NOT NULL`).
		Scan(&mails).Error)
	require.NotEmpty(t, mails)
	for i, hash := range mails {
		found[fmt.Sprintf("the hash of the token of mail %d in hexadecimal", i)] = hex.EncodeToString(hash)
		found[fmt.Sprintf("the hash of the token of mail %d in base64", i)] = base64.RawURLEncoding.EncodeToString(hash)
	}
	return found
}
