package identity_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/events"
)

const (
	forgot       = "/api/v1/auth/password/forgot"
	reset        = "/api/v1/auth/password/reset"
	verify       = "/api/v1/auth/email/verify"
	verification = "/api/v1/auth/email/verification"

	confirming = "Confirm your e-mail address"
	renewing   = "Set a new password"
	warning    = "Your e-mail address is about to change"
)

func addressed(name string) map[string]string { return map[string]string{"email": address(name)} }

func presenting(token string) map[string]string { return map[string]string{"token": token} }

func resetting(token, password string) map[string]string {
	return map[string]string{"token": token, "new_password": password}
}

// requireBadToken expects the refusal of a token that is of no use.
func requireBadToken(t *testing.T, a *httpservertest.Answer) {
	t.Helper()
	require.Equal(t, []string{"body.token"}, a.RequireProblem(422, "validation_failed").Locations())
}

// forget asks for a new password and returns the token out of the nth mail about it.
func (n *node) forget(t *testing.T, name string, nth int) string {
	t.Helper()
	a := n.Anonymous(t).Post(forgot, addressed(name)).Require(202)
	require.Empty(t, a.Body)
	return n.outbox.Await(t, address(name), renewing, nth).Token(t)
}

// accounts is everything about accounts that a refused token must leave as it is.
func (n *node) accounts(t *testing.T) string {
	t.Helper()
	var rows []map[string]any
	require.NoError(t, n.DB.Conn(t.Context()).Raw(`SELECT email, email_verified, pending_email, password_hash, version,
		(SELECT count(*) FROM sessions WHERE ended_at IS NULL) AS alive, (SELECT count(*) FROM audit_log) AS noted
		FROM users ORDER BY id`).Scan(&rows).Error)
	text, err := json.Marshal(rows)
	require.NoError(t, err)
	return string(text)
}

func TestAForgottenPasswordIsReplacedAndEverySessionEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		admin, eve := n.admin(t, "root"), n.join(t, "eve")
		ada, phone := n.join(t, "ada"), n.login(t, "ada")
		n.outbox.Await(t, address("ada"), confirming, 1) // about the address
		n.Events()

		a := n.Anonymous(t).Post(forgot, map[string]string{"email": "ADA@example.com"}, "X-Request-Id", "forgetful").Require(202)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		letter := n.outbox.Await(t, address("ada"), renewing, 1)
		require.NotContains(t, letter.Text, "http")
		require.True(t, ada.alive() && phone.alive(), "to ask changes nothing")

		a = n.Anonymous(t).Post(reset, resetting(letter.Token(t), another)).Require(204)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.Equal(t, []string{events.SessionPassword, events.SessionPassword}, n.endings())
		for _, dead := range []*person{ada, phone} {
			dead.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
			dead.refresh(dead.RefreshToken).RequireProblem(401, "token_revoked")
		}
		require.True(t, eve.alive() && admin.alive())
		n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", password)).RequireProblem(401, "invalid_credentials")
		n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("ada", another)).Require(200)
		requireBadToken(t, n.Anonymous(t).Post(reset, resetting(letter.Token(t), "nine red kites circle")))

		entries := listed[auditEntry](admin, auditLog+"?action=password_reset_requested&")
		require.Len(t, entries, 1)
		require.Nil(t, entries[0].ActorID)
		require.Equal(t, ada.ID, *entries[0].TargetID)
		require.Equal(t, "127.0.0.1", entries[0].IP)
		require.Equal(t, "forgetful", entries[0].RequestID)
		require.Equal(t, map[string]string{"outcome": "sent"}, entries[0].Details)
		entries = listed[auditEntry](admin, auditLog+"?action=password_reset&")
		require.Len(t, entries, 1)
		require.Equal(t, map[string]string{"ended_sessions": "2"}, entries[0].Details)

		body := string(admin.Get(auditLog + "?limit=100").Require(200).Body)
		for _, secret := range []string{letter.Token(t), letter.Token(t)[22:], another, password} {
			require.NotContains(t, n.logged(), secret)
			require.NotContains(t, body, secret)
		}
	})
}

func TestARefusedPasswordLeavesTheTokenAsItIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		n.join(t, "ada.lovelace")
		token, nobody := n.forget(t, "ada.lovelace", 1), n.Anonymous(t)
		before := n.accounts(t)
		for _, refused := range []string{"", "short", "password1", "lovelace2", strings.Repeat("é", 129)} {
			a := nobody.Post(reset, resetting(token, refused)).RequireProblem(422, "validation_failed")
			require.Equal(t, []string{"body.new_password"}, a.Locations())
		}
		nobody.Post(reset, presenting(token)).RequireProblem(422, "validation_failed")
		require.Equal(t, before, n.accounts(t))
		nobody.Post(reset, resetting(token, another)).Require(204)
	})
}

func TestATokenOfNoUseChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		ada, nobody := n.join(t, "ada"), n.Anonymous(t)
		toVerify := n.outbox.Await(t, address("ada"), confirming, 1).Token(t)
		older := n.forget(t, "ada", 1)
		newer := n.forget(t, "ada", 2)
		before := n.accounts(t)
		refuse := func(bad string) {
			t.Helper()
			requireBadToken(t, nobody.Post(reset, resetting(bad, another)))
			requireBadToken(t, nobody.Post(verify, presenting(bad)))
		}
		for cut := range len(newer) {
			refuse(newer[:cut])
		}
		for _, bad := range []string{
			newer + "A", newer[:63] + "\n", newer[:30] + "\r\n" + newer[30:], " " + newer, toVerify[:22] + newer[22:],
			newer[:22] + toVerify[22:], strings.Repeat("A", 64), ada.AccessToken, ada.RefreshToken, "%00", "💥",
		} {
			refuse(bad)
		}
		requireBadToken(t, nobody.Post(reset, resetting(older, another)))
		requireBadToken(t, nobody.Post(reset, resetting(toVerify, another)))
		requireBadToken(t, nobody.Post(verify, presenting(newer)))
		for _, body := range []string{`{}`, `{"token":null}`, `{"token":7}`, `[]`, `""`, `{"token":""}`, `{"token":"x","x":1}`} {
			nobody.Post(reset, body).RequireProblem(422, "validation_failed")
			nobody.Post(verify, body).RequireProblem(422, "validation_failed")
		}
		require.Equal(t, before, n.accounts(t))

		n.ahead.Store(int64(time.Hour + time.Second))
		requireBadToken(t, nobody.Post(reset, resetting(newer, another)))
		n.ahead.Store(0)
		require.Equal(t, before, n.accounts(t))
		nobody.Post(verify, presenting(toVerify)).Require(204)
		nobody.Post(reset, resetting(newer, another)).Require(204)
	})
}

func TestAResetTokenDiesWithWhatItIsAbout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		nobody := n.Anonymous(t)
		n.register(t, "ada")
		token := n.forget(t, "ada", 1)
		n.login(t, "ada").Post(myPassword, changing(password, another)).Require(204)
		requireBadToken(t, nobody.Post(reset, resetting(token, "nine red kites circle")))
		nobody.Post("/api/v1/auth/login", loggingIn("ada", another)).Require(200)

		bob := n.join(t, "bob")
		token = n.forget(t, "bob", 1)
		bob.Patch("/api/v1/users/me", map[string]string{"email": address("robert"), "current_password": password}).Require(200)
		nobody.Post(verify, presenting(n.outbox.Await(t, address("robert"), confirming, 1).Token(t))).Require(204)
		requireBadToken(t, nobody.Post(reset, resetting(token, another)))

		cleo := n.join(t, "cleo")
		token = n.forget(t, "cleo", 1)
		n.Exec("UPDATE users SET is_active = ? WHERE id = ?", false, cleo.ID)
		requireBadToken(t, nobody.Post(reset, resetting(token, another)))
	})
}

// What a change of the address waits for was asked for with the old password, perhaps by whoever stole it.
func TestAnotherPasswordGivesTheChangeOfTheAddressUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		n.register(t, "ada")
		n.outbox.Await(t, address("ada"), confirming, 1)
		nobody := n.Anonymous(t)
		stolen := func(name, password string) string {
			thief := n.as(t, loggedIn(t, n, password))
			thief.Patch("/api/v1/users/me", map[string]string{"email": address(name), "current_password": password}).Require(200)
			return n.outbox.Await(t, address(name), confirming, 1).Token(t)
		}
		token := stolen("eve", password)
		nobody.Post(reset, resetting(n.forget(t, "ada", 1), another)).Require(204)
		requireBadToken(t, nobody.Post(verify, presenting(token)))

		token = stolen("mallory", another)
		ada := n.as(t, loggedIn(t, n, another))
		ada.Post(myPassword, changing(another, password)).Require(204)
		requireBadToken(t, nobody.Post(verify, presenting(token)))
		require.Contains(t, string(ada.Get("/api/v1/users/me").Body), `"pending_email":null`)

		ada.Post(verification, nil).Require(202)
		n.outbox.Await(t, address("ada"), confirming, 2)
		require.Len(t, mailsTo(t, n, "eve"), 1)
		require.Len(t, mailsTo(t, n, "mallory"), 1)
	})
}

// mailsTo returns the subjects of the mails to an address, in order.
func mailsTo(t *testing.T, n *node, name string) (subjects []string) {
	t.Helper()
	for _, m := range n.outbox.Mails(t) {
		if m.To == address(name) {
			subjects = append(subjects, m.Subject)
		}
	}
	return subjects
}
