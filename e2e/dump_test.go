package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
	"fasttrack/shared/ids"
)

// TestADumpOfTheDatabaseHoldsNothingToLogInWith: after a busy time, whoever has every value of every table finds no
// password, token or key in it, and gets nowhere with any value as one of these.
func TestADumpOfTheDatabaseHoldsNothingToLogInWith(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		path := keyFile(t, time.Now().Add(-time.Hour), time.Minute)
		p := harness.Launch(t, url, "JWT_SIGNING_KEYS="+path, "LOGIN_THROTTLE=false")
		ann, secrets := busy(t, p.Client)
		secrets["the secret key"] = harness.SecretKey
		file, err := os.ReadFile(path)
		require.NoError(t, err)
		var keys struct{ Keys []struct{ D string } }
		require.NoError(t, json.Unmarshal(file, &keys))
		secrets["a signing key"] = keys.Keys[1].D
		p.Post("/auth/password/forgot", map[string]any{"email": ann.Email}).Wants(202)
		secrets["a token that confirms an address"] = p.MailToken(ann.Email, harness.ConfirmMail, 1)
		secrets["a token that resets a password"] = p.MailToken(ann.Email, harness.ResetMail, 1)
		secrets["a ticket"] = p.Login(ann.Email, ann.Password).Ticket()

		db := dbtest.Open(t, url)
		dump := dumped(t, db)
		var mails []struct {
			ID        ids.ID
			TokenHash []byte
		}
		require.NoError(t, db.Conn(t.Context()).Raw("SELECT id, token_hash FROM identity_mails").Scan(&mails).Error)
		require.NotEmpty(t, mails)
		for _, m := range mails { // in the form of a token
			dump["the hash of mail "+m.ID.String()] = base64.RawURLEncoding.EncodeToString(append(m.ID[:], m.TokenHash...))
		}
		for what, secret := range secrets {
			for _, part := range partsOf(t, secret) {
				for where, text := range dump {
					require.NotContains(t, text, part, "%s is in %s", what, where)
				}
			}
		}

		tried := map[string]bool{}
		for where, text := range dump {
			if text == "" || tried[text] || len(text) > 1024 {
				continue
			}
			tried[text] = true
			refusedAsAnything(t, p.Client, ann, where, text)
		}
		t.Logf("%d values tried", len(tried))
		require.Greater(t, len(tried), 100)
		p.Login(ann.Email, ann.Password) // as what it is, it does log in
	})
}

// busy has people do all that leaves traces, and returns what must be in none of them.
func busy(t *testing.T, c *harness.Client) (ann *harness.Person, secrets map[string]string) {
	t.Helper()
	ann, bob := c.Register("Ann"), c.Register("Bob")
	secrets = map[string]string{
		"a password": ann.Password, "the old password": bob.Password, "the superuser's password": harness.AdminPassword,
		"a mistyped password": "the pasword of Ann", "the new password": "seven grey owls listen",
	}
	keep := func(tokens harness.Tokens) harness.Tokens {
		n := len(secrets)
		secrets[fmt.Sprintf("access token %d", n)], secrets[fmt.Sprintf("refresh token %d", n)] = tokens.AccessToken, tokens.RefreshToken
		return tokens
	}
	keep(ann.Tokens)
	keep(bob.Tokens)
	keep(ann.Refresh(t))
	keep(ann.Refresh(t)) // again: its answer was lost
	second := c.Login(ann.Email, ann.Password)
	keep(second.Tokens)
	second.Post("/auth/logout", nil).Wants(204)
	c.Post("/auth/login", map[string]any{"email": ann.Email, "password": secrets["a mistyped password"]}).Wants(401)
	c.Post("/auth/login", map[string]any{"email": "nobody@example.com", "password": ann.Password}).Wants(401)
	c.Post("/auth/login", map[string]any{"email": ann.Password, "password": ann.Email}).Wants(401) // the wrong way round
	c.With(ann.Tokens.RefreshToken).Get("/users/me").Wants(401)
	c.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.AccessToken}).Wants(401)
	bob.Post("/users/me/password", map[string]any{
		"current_password": bob.Password, "new_password": secrets["the new password"],
	}).Wants(204)
	project := ann.Project("Garden")
	task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
	bob.Patch("/tasks/"+task.ID+"/complete", nil)
	ann.Comment(task.ID, "Well done.")
	admin := c.Admin()
	keep(admin.Tokens)
	admin.Patch("/users/"+bob.ID, map[string]any{"display_name": "Robert"}).Wants(200)
	admin.Post("/auth/logout-all", nil).Wants(204)
	return ann, secrets
}

// partsOf returns a secret and the parts of it that are secrets: the segments of a token but for its header, the secret
// half of a refresh token's id, and that of a token out of a mail.
func partsOf(t *testing.T, secret string) []string {
	t.Helper()
	segments := strings.Split(secret, ".")
	switch {
	case len(segments) == 3:
	case len(secret) == 64: // a token out of a mail, whose first half says which mail it was
		return []string{secret, secret[22:]}
	default:
		return []string{secret}
	}
	parts := append(segments[1:], secret)
	if _, half, found := strings.Cut(claim(t, secret, "jti"), "."); found {
		parts = append(parts, half)
	}
	return parts
}

// dumped returns every value of every table as text, by where it is: bytes in the forms in which they might be used,
// and what is in a JSON document on its own as well.
func dumped(t *testing.T, db *database.DB) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, table := range tables(t, db) {
		rows, err := db.Conn(t.Context()).Raw(`SELECT * FROM "` + table + `"`).Rows()
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for n := 0; rows.Next(); n++ {
			row, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			require.NoError(t, rows.Scan(into...))
			for i, value := range row {
				where := fmt.Sprintf("%s.%s of row %d", table, columns[i], n)
				if raw, is := value.([]byte); is {
					values[where+" in hexadecimal"] = hex.EncodeToString(raw)
					values[where+" in base64"] = base64.RawURLEncoding.EncodeToString(raw)
					value = string(raw)
				}
				values[where] = fmt.Sprint(value)
				for k, part := range strings.Split(values[where], "$") { // of a password's hash
					values[fmt.Sprintf("%s, part %d", where, k)] = part
				}
				var document any
				if json.Unmarshal([]byte(values[where]), &document) == nil {
					leaves(document, where, values)
				}
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return values
}

// leaves adds the texts in a JSON document.
func leaves(document any, where string, values map[string]string) {
	switch d := document.(type) {
	case string:
		values[where+" "+d] = d
	case []any:
		for _, v := range d {
			leaves(v, where, values)
		}
	case map[string]any:
		for _, v := range d {
			leaves(v, where, values)
		}
	}
}

// refusedAsAnything tries a value as an access token, a refresh token, a password, a ticket, a token out of a mail, and as
// the key of a token.
func refusedAsAnything(t *testing.T, c *harness.Client, ann *harness.Person, where, value string) {
	t.Helper()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "fasttrack", "aud": "fasttrack", "sub": ann.ID, "sid": claim(t, ann.Tokens.AccessToken, "sid"), "jti": "x",
		"typ": "access", "role": "user", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	})
	unsigned.Header["typ"] = "at+jwt"
	forged, err := unsigned.SignedString([]byte(value))
	require.NoError(t, err)
	for _, token := range []string{value, forged} {
		if printable(token) {
			a := c.With(token).Get("/users/me")
			require.Equal(t, 401, a.Status, "%s is an access token", where)
		}
		a := c.Post("/auth/refresh", map[string]any{"refresh_token": token})
		require.Contains(t, []int{401, 422}, a.Status, "%s is a refresh token", where)
	}
	a := c.Post("/auth/password/reset", map[string]any{"token": value, "new_password": "nine red kites circle"})
	require.Equal(t, 422, a.Status, "%s resets a password", where)
	a = c.Post("/auth/email/verify", map[string]any{"token": value})
	require.Equal(t, 422, a.Status, "%s confirms an address", where)
	a = c.Get("/notifications/stream?ticket=" + url.QueryEscape(value))
	require.Contains(t, []int{401, 422}, a.Status, "%s is a ticket", where)
	for _, email := range []string{ann.Email, harness.AdminEmail} {
		a := c.Post("/auth/login", map[string]any{"email": email, "password": value})
		require.Contains(t, []int{401, 422}, a.Status, "%s is a password: %s", where, a.Body)
	}
}

// printable reports whether a text can stand in a header.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}
