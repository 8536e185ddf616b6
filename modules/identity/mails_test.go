package identity_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/adapters/mail"
	"fasttrack/adapters/mail/mailtest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/identity"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// The rule: known, unknown, deactivated, verified and unverified addresses get the same answer for the same work.
func TestAddressesCannotBeToldApartByAskingForAMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		n.register(t, "off")
		n.Exec("UPDATE users SET is_active = ? WHERE email = ?", false, address("off"))
		n.register(t, "sure")
		n.Exec("UPDATE users SET email_verified = ? WHERE email = ?", true, address("sure"))
		for _, route := range []string{forgot, verification} {
			var answers []string
			var work [][]string
			for _, name := range []string{"ada", "off", "sure", "unknown", "ada"} {
				work = append(work, n.Statements(func() {
					a := n.Anonymous(t).Post(route, addressed(name), "X-Request-Id", "same").Require(202)
					a.Header.Del("Date")
					answers = append(answers, shownAs(t, a.Header)+string(a.Body))
				}))
			}
			require.Len(t, slices.Compact(slices.Clone(answers)), 1, "%q", answers)
			for i := range work {
				work[i] = slices.DeleteFunc(work[i], isNotice)
				require.Equal(t, work[0], work[i])
			}
			require.LessOrEqual(t, len(work[0]), 3, "it inserts a job, and does not look for the account: %q", work[0])
			for _, odd := range []string{"", "x", "x@y", "a@b@example.com", "Ada <ada@example.com>", "ada@example.com\nBcc: x@example.com"} {
				a := n.Anonymous(t).Post(route, map[string]string{"email": odd}).RequireProblem(422, "validation_failed")
				require.Equal(t, []string{"body.email"}, a.Locations(), "%q", odd)
			}
		}
	})
}

// isNotice reports whether a statement tells the nodes on PostgreSQL that there is a job, which is done a few times a
// second, however many jobs are inserted.
func isNotice(statement string) bool { return strings.Contains(statement, "pg_notify") }

func shownAs(t *testing.T, h http.Header) string {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, h.Write(&text))
	return text.String()
}

func TestOnlyActiveAccountsAreWrittenTo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin := n.admin(t, "root")
		for _, name := range []string{"ada", "off"} {
			n.register(t, name)
		}
		n.Exec("UPDATE users SET is_active = ? WHERE email = ?", false, address("off"))
		for _, name := range []string{"off", "unknown", "ada"} {
			n.Anonymous(t).Post(forgot, addressed(name)).Require(202)
			n.Anonymous(t).Post(verification, addressed(name)).Require(202)
		}
		n.Go(n.Jobs.Run)
		jobstest.Await(t, n.DB)
		require.Empty(t, mailsTo(t, n, "off"), "not even that of the registration, which had not been sent")
		require.Empty(t, mailsTo(t, n, "unknown"))
		sent := mailsTo(t, n, "ada") // the mail of the registration may have been sent before it was replaced
		slices.Sort(sent)
		require.Equal(t, []string{confirming, renewing}, slices.Compact(sent))
		outcomes := map[string]int{}
		for _, e := range listed[auditEntry](admin, auditLog+"?action=password_reset_requested&") {
			outcomes[e.Details["outcome"]]++
			require.Equal(t, e.Details["outcome"] == "unknown_account", e.TargetID == nil)
		}
		require.Equal(t, map[string]int{"sent": 1, "unknown_account": 1, "deactivated": 1}, outcomes)
		require.NotContains(t, string(admin.Get(auditLog+"?limit=100").Body), "unknown@")
	})
}

func TestNobodyIsFlooded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		ada := n.join(t, "ada")
		jobstest.Await(t, n.DB)
		for range 8 {
			n.Anonymous(t).Post(forgot, addressed("ada")).Require(202)
			ada.Post(verification, nil).Require(202)
			jobstest.Await(t, n.DB)
		}
		sent := mailsTo(t, n, "ada")
		require.Len(t, sent, 10, "five of each")
		last := n.outbox.Mails(t)[len(sent)-1] // of either kind: what was refused has not made it void
		if last.Subject == renewing {
			n.Anonymous(t).Post(reset, resetting(last.Token(t), another)).Require(204)
		} else {
			n.Anonymous(t).Post(verify, presenting(last.Token(t))).Require(204)
		}
		n.ahead.Store(int64(time.Hour + time.Second))
		n.Anonymous(t).Post(forgot, addressed("ada")).Require(202)
		jobstest.Await(t, n.DB)
		require.Len(t, mailsTo(t, n, "ada"), 11)
	})
}

func TestChangesOfTheAddressAreBoundedToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada") // which is one
		for _, name := range []string{"a", "b", "c", "d"} {
			ada.Patch(me, moving(name, password)).Require(200)
		}
		before := n.accounts(t)
		a := ada.Patch(me, moving("e", password)).RequireProblem(429, "rate_limited")
		require.Regexp(t, `^35[0-9][0-9]$|^3600$`, a.Header.Get("Retry-After"))
		require.Equal(t, before, n.accounts(t))
	})
}

// The rule: what a dump of the database holds opens no account. Tokens are in mails alone.
func TestTheDatabaseHoldsNoTokenThatCouldBeUsed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.Go(n.Jobs.Run)
		ada := n.join(t, "ada")
		n.forget(t, "ada", 1)
		ada.Patch(me, moving("countess", password)).Require(200)
		n.outbox.Await(t, address("countess"), confirming, 1)
		jobstest.Await(t, n.DB)
		var rows []map[string]any
		require.NoError(t, n.DB.Conn(t.Context()).Raw("SELECT * FROM identity_mails").Scan(&rows).Error)
		kept, err := json.Marshal(rows)
		require.NoError(t, err)
		for _, job := range jobstest.List(t, n.DB) {
			kept = append(kept, job.Args...)
		}
		tokens := 0
		for _, m := range n.outbox.Mails(t) {
			if strings.Contains(m.Subject, "about to change") {
				continue
			}
			tokens++
			token := m.Token(t)
			secret, err := base64.RawURLEncoding.DecodeString(token)
			require.NoError(t, err)
			require.NotContains(t, string(kept), token[22:], "a token as it is sent")
			require.NotContains(t, string(kept), base64.StdEncoding.EncodeToString(secret[16:]), "its secret part")
		}
		require.GreaterOrEqual(t, tokens, 2)
		require.NotContains(t, n.logged(), "#token=")
	})
}

// A crash between the commit and the mail: the job is there, and whoever comes next does it.
func TestAMailThatWasNotSentIsSentByAnotherNode(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		crashed := newNode(t, db)
		crashed.register(t, "ada")
		crashed.Anonymous(t).Post(forgot, addressed("ada")).Require(202)
		require.Empty(t, crashed.outbox.Mails(t))

		n := newNode(t, db)
		n.Go(n.Jobs.Run)
		jobstest.Await(t, db)
		require.ElementsMatch(t, []string{confirming, renewing}, mailsTo(t, n, "ada"))
		// A job that is done once more, since its node died before it could say that it was done, sends nothing again.
		n.Exec("UPDATE river_job SET state = 'available', finalized_at = NULL, attempt = 0")
		jobstest.Await(t, db)
		require.Len(t, mailsTo(t, n, "ada"), 2)
		for _, m := range n.outbox.Mails(t) {
			if m.Subject == renewing {
				crashed.Anonymous(t).Post(reset, resetting(m.Token(t), another)).Require(204)
			}
		}
	})
}

func TestANodeWithAnotherKeySendsNoTokenOfItsOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		before := newNode(t, db)
		before.register(t, "ada")
		n := newNode(t, db, func(c *identity.Config) { c.SecretKey = []byte(secret + "!") })
		n.Go(n.Jobs.Run)
		jobstest.Await(t, db)
		require.Empty(t, mailsTo(t, n, "ada"))
		n.Anonymous(t).Post(verification, addressed("ada")).Require(202)
		n.Anonymous(t).Post(verify, presenting(n.outbox.Await(t, address("ada"), confirming, 1).Token(t))).Require(204)
	})
}

func TestAMailServerThatFailsIsTriedAgainAndOneThatRefusesIsNot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		server := mailtest.Serve(t)
		mailer, err := mail.NewSMTP(server.URL, "no-reply@example.com")
		require.NoError(t, err)
		n := newNodeWith(t, db, []moduletest.Option{moduletest.WithMail(mailer)})
		server.Refuse(451)
		n.register(t, "ada")
		n.Go(n.Jobs.Run)
		require.Eventually(t, func() bool {
			return slices.ContainsFunc(jobstest.List(t, db), func(j jobstest.Job) bool { return j.Attempt > 1 })
		}, 20*time.Second, 10*time.Millisecond)
		require.Empty(t, server.Mails(t))
		server.Refuse(0)
		token := server.Await(t, address("ada"), confirming, 1).Token(t)
		jobstest.Await(t, db)

		server.Refuse(550)
		n.register(t, "eve")
		states := map[string]int{}
		for _, job := range jobstest.Await(t, db) {
			if job.Kind == "identity.send_mail" { // others begin when they like
				states[job.State]++
			}
		}
		require.Equal(t, map[string]int{"completed": 1, "cancelled": 1}, states)
		n.Anonymous(t).Post(verify, presenting(token)).Require(204)
		require.NotContains(t, n.logged(), token[22:])
	})
}

func TestWithoutMailTheRoutesAnswerAlike(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		n := newNodeWith(t, db, []moduletest.Option{moduletest.WithMail(nil)})
		ada := n.join(t, "ada")
		for _, name := range []string{"ada", "unknown"} {
			n.Anonymous(t).Post(forgot, addressed(name)).Require(202)
			n.Anonymous(t).Post(verification, addressed(name)).Require(202)
		}
		ada.Post(verification, nil).Require(202)
		ada.Patch(me, moving("countess", password)).Require(200)
		require.Equal(t, address("countess"), *ada.own().PendingEmail)
		require.Zero(t, n.Count("river_job")+n.Count("identity_mails"))

		// Once there is mail it can be asked for.
		mended := newNodeWith(t, db, []moduletest.Option{moduletest.WithMail(mail.NewOutbox(
			string(n.outbox), "no-reply@example.com", clock.System, ids.New, slog.New(slog.DiscardHandler)))})
		mended.Go(mended.Jobs.Run)
		ada.Post(verification, nil).Require(202) // at the node without
		mended.Anonymous(t).Post(verification, addressed("ada")).Require(202)
		mended.Anonymous(t).Post(verify, presenting(n.outbox.Await(t, address("countess"), confirming, 1).Token(t))).Require(204)
	})
}
