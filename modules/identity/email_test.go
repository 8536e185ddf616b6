package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/identity"
	"fasttrack/shared/events"
)

const me = "/api/v1/users/me"

func moving(name, password string) map[string]string {
	return map[string]string{"email": address(name), "current_password": password}
}

// own is a user as they see themselves.
type own struct {
	user
	PendingEmail *string `json:"pending_email"`
}

func (p *person) own() (o own) {
	p.Get(me).Decode(200, &o)
	return o
}

func TestWhoRegistersConfirmsTheAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		require.False(t, ada.EmailVerified)
		letter := n.outbox.Await(t, address("ada"), confirming, 1)
		require.Equal(t, confirming, letter.Subject)
		n.Events()
		tag := ada.Get(me).ETag()

		n.Anonymous(t).Post(verify, presenting(letter.Token(t))).Require(204)
		require.True(t, ada.own().EmailVerified)
		require.NotEqual(t, tag, ada.Get(me).ETag())
		heard := n.Events()
		require.Len(t, heard, 1)
		require.False(t, heard[0].(events.UserChanged).AccessChanged)
		requireBadToken(t, n.Anonymous(t).Post(verify, presenting(letter.Token(t))))
		entries := listed[auditEntry](admin, auditLog+"?action=email_verified&")
		require.Len(t, entries, 1)
		require.Equal(t, ada.ID, *entries[0].TargetID)
		require.NotContains(t, n.logged(), letter.Token(t)[22:])

		// There is nothing left to confirm.
		ada.Post(verification, nil).Require(202)
		n.Anonymous(t).Post(verification, addressed("ada")).Require(202)
		n.forget(t, "ada", 1)
		require.Equal(t, []string{confirming, renewing}, mailsTo(t, n, "ada"))
	})
}

func TestTheMailThatConfirmsIsSentAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		ada, nobody := n.join(t, "ada"), n.Anonymous(t)
		first := n.outbox.Await(t, address("ada"), confirming, 1).Token(t)
		ada.Post(verification, nil).Require(202)
		second := n.outbox.Await(t, address("ada"), confirming, 2).Token(t)
		nobody.Post(verification, addressed("ada")).Require(202)
		third := n.outbox.Await(t, address("ada"), confirming, 3).Token(t)
		for _, dead := range []string{first, second} {
			requireBadToken(t, nobody.Post(verify, presenting(dead)))
		}
		n.ahead.Store(int64(24*time.Hour + time.Second))
		requireBadToken(t, nobody.Post(verify, presenting(third)))
		n.ahead.Store(0)
		nobody.Post(verify, presenting(third)).Require(204)

		nobody.Post(verification, nil).RequireProblem(401, "unauthenticated")
		nobody.Post(verification, map[string]string{}).RequireProblem(401, "unauthenticated")
		ada.Post("/api/v1/auth/logout", nil).Require(204)
		ada.Post(verification, nil).RequireProblem(401, "token_revoked")
		ada.Post(verification, addressed("ada")).Require(202)
	})
}

func TestAnotherAddressWaitsUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		n.outbox.Await(t, address("ada"), confirming, 1)
		n.Events()
		var waiting own
		a := ada.Patch(me, moving("countess", password)).Decode(200, &waiting)
		require.Equal(t, address("ada"), waiting.Email)
		require.Equal(t, address("countess"), *waiting.PendingEmail)
		require.Regexp(t, `^"2\.`, a.ETag())
		require.Equal(t, waiting, ada.own())
		for _, shown := range []string{
			string(admin.Get(ada.path()).Require(200).Body), string(admin.Get("/api/v1/users").Require(200).Body),
		} {
			require.NotContains(t, shown, "countess")
			require.NotContains(t, shown, "pending_email")
		}
		n.outbox.Await(t, address("ada"), warning, 1)
		letter := n.outbox.Await(t, address("countess"), confirming, 1)
		require.Equal(t, confirming, letter.Subject)
		n.Anonymous(t).Post("/api/v1/auth/login", loggingIn("countess", password)).RequireProblem(401, "invalid_credentials")
		n.Events()

		n.Anonymous(t).Post(verify, presenting(letter.Token(t))).Require(204)
		now := ada.own()
		require.Equal(t, address("countess"), now.Email)
		require.True(t, now.EmailVerified)
		require.Nil(t, now.PendingEmail)
		heard := n.Events()
		require.Len(t, heard, 1)
		require.Equal(t, address("countess"), heard[0].(events.UserChanged).Email)
		n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada")).RequireProblem(401, "invalid_credentials")
		n.login(t, "countess")
		require.Equal(t, address("countess"), listed[user](admin, "/api/v1/users?q=countess&")[0].Email)
		n.register(t, "ada") // the address is free

		var facts []string
		for _, e := range noted(admin) {
			if strings.HasPrefix(e.Action, "email_") {
				facts = append(facts, e.Action+" "+e.Details["from"]+" "+e.Details["to"])
			}
		}
		require.Equal(t, []string{
			"email_change_requested ada@example.com countess@example.com", "email_changed ada@example.com countess@example.com",
		}, facts)
	})
}

func TestAChangeOfTheAddressIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.register(t, "bob")
		before, mails := n.accounts(t), n.Count("identity_mails")
		for _, c := range []struct {
			body    map[string]any
			refused []string
		}{
			{map[string]any{"email": address("x")}, []string{"body.current_password"}},
			{map[string]any{"email": address("x"), "current_password": ""}, []string{"body.current_password"}},
			{map[string]any{"email": address("x"), "current_password": strings.Repeat("x", 1025)}, []string{"body.current_password"}},
			{map[string]any{"email": "x", "current_password": password}, []string{"body.email"}},
			{map[string]any{"email": "", "current_password": password}, []string{"body.email"}},
			{map[string]any{"email": "Ada <ada@example.com>", "current_password": password}, []string{"body.email"}},
			{map[string]any{"email": strings.Repeat("x", 255) + "@example.com", "current_password": password}, []string{"body.email"}},
			{map[string]any{"email": "a\r\nBcc: b@example.com", "current_password": password}, []string{"body.email"}},
			{map[string]any{"email": "x", "display_name": ""}, []string{"body.display_name", "body.email"}},
		} {
			a := ada.Patch(me, c.body).RequireProblem(422, "validation_failed")
			require.Equal(t, c.refused, a.Locations(), "%v", c.body)
		}
		ada.Patch(me, map[string]any{"email": nil}).Require(422)
		ada.Patch(me, moving("bob", password)).RequireProblem(409, "email_taken")
		ada.Patch(me, map[string]string{"email": "BOB@EXAMPLE.COM", "current_password": password}).RequireProblem(409, "email_taken")
		ada.Patch(me, moving("x", password), "If-Match", `"7.x"`).RequireProblem(412, "precondition_failed")
		n.Anonymous(t).Patch(me, moving("x", password)).RequireProblem(401, "unauthenticated")
		require.Equal(t, before, n.accounts(t))
		noted := n.Count("audit_log")
		ada.Patch(me, moving("x", "wrong")).RequireProblem(422, "validation_failed")
		require.Equal(t, noted+1, n.Count("audit_log"), "a wrong password is noted")
		require.Equal(t, mails, n.Count("identity_mails"))
		ada.Patch(me, map[string]string{"display_name": "Countess"}, "If-Match", `"1.x"`).Require(200)
	})
}

func TestTheChangeOfTheAddressIsGivenUpByAskingForTheOldOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		ada.Patch(me, moving("countess", password)).Require(200)
		first := n.outbox.Await(t, address("countess"), confirming, 1).Token(t)
		ada.Patch(me, moving("lady", password)).Require(200)
		second := n.outbox.Await(t, address("lady"), confirming, 1).Token(t)
		requireBadToken(t, n.Anonymous(t).Post(verify, presenting(first)))
		tag := ada.Get(me).ETag()
		ada.Patch(me, moving("lady", password)).Require(200) // as before: no change, no mail
		require.Equal(t, tag, ada.Get(me).ETag())
		ada.Patch(me, moving("ada", password)).Require(200)
		require.Nil(t, ada.own().PendingEmail)
		requireBadToken(t, n.Anonymous(t).Post(verify, presenting(second)))
		require.Contains(t, actions(noted(admin)), "email_change_withdrawn")
		require.EqualValues(t, 2, n.Count("identity_mails WHERE kind = 'email_changing'"))
	})
}

// The case of an address is its owner's to choose; it is still theirs.
func TestTheCaseOfTheAddressCanBeChanged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		ada := n.join(t, "ada")
		ada.Patch(me, map[string]string{"email": "Ada@Example.com", "current_password": password}).Require(200)
		n.Anonymous(t).Post(verify, presenting(n.outbox.Await(t, "Ada@Example.com", confirming, 1).Token(t))).Require(204)
		require.Equal(t, "Ada@Example.com", ada.own().Email)
		n.login(t, "ada")
	})
}

func TestAnAddressThatSomebodyTookMeanwhileIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		ada, nobody := n.join(t, "ada"), n.Anonymous(t)
		ada.Patch(me, moving("countess", password)).Require(200)
		token := n.outbox.Await(t, address("countess"), confirming, 1).Token(t)
		other := n.join(t, "countess")
		before := n.accounts(t)
		nobody.Post(verify, presenting(token)).RequireProblem(409, "email_taken")
		require.Equal(t, before, n.accounts(t))
		require.Equal(t, address("countess"), *ada.own().PendingEmail)
		n.Exec("UPDATE users SET email = ?, email_key = ? WHERE id = ?", address("x"), address("x"), other.ID)
		nobody.Post(verify, presenting(token)).Require(204)
	})
}

func TestLinksLeadToTheApplicationThatIsConfigured(t *testing.T) {
	t.Parallel()
	n := newNode(t, dbtest.SQLite(t), func(c *identity.Config) { c.AppURL = "https://app.example.com/x/" })
	n.Go(n.Jobs.Run)
	n.register(t, "ada")
	token := n.outbox.Await(t, address("ada"), confirming, 1).Token(t)
	require.Contains(t, n.outbox.Mails(t)[0].Text, "\nhttps://app.example.com/x/verify-email#token="+token+"\n")
	token = n.forget(t, "ada", 1)
	require.Contains(t, n.outbox.Mails(t)[1].Text, "\nhttps://app.example.com/x/reset-password#token="+token+"\n")
}

// The operator knows the address of the admin that the program makes.
func TestTheFirstSuperuserIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		n := newNode(t, db, superuser(address("root"), password))
		require.NoError(t, n.EnsureSuperuser(t.Context()))
		require.Zero(t, n.Count("identity_mails"))
	})
}
