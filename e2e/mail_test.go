package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/adapters/mail/mailtest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// TestAForgottenPasswordByARealMailServer: somebody registers, confirms the address, forgets the password and gets back
// in, with what arrives by SMTP and nothing else.
func TestAForgottenPasswordByARealMailServer(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		post := mailtest.Serve(t)
		p := harness.Start(t, url, harness.Configure(func(c *config.Config) {
			c.SMTPURL, c.MailFrom, c.AppURL = post.URL, "fasttrack <no-reply@example.com>", "https://app.example.com"
		}))
		ann := p.Register("Ann")
		confirm := post.Await(t, ann.Email, harness.ConfirmMail, 1)
		require.Contains(t, confirm.Text, "https://app.example.com/verify-email#token=")
		p.Post("/auth/email/verify", map[string]any{"token": confirm.Token(t)}).Wants(204)
		require.True(t, harness.Into[harness.User](ann.Get("/users/me").Wants(200)).EmailVerified)

		phone := p.Login(ann.Email, ann.Password)
		socket := ann.Socket("")
		p.Post("/auth/password/forgot", map[string]any{"email": strings.ToUpper(ann.Email)}).Wants(202)
		p.Post("/auth/password/forgot", map[string]any{"email": "nobody@example.com"}).Wants(202)
		token := post.Await(t, ann.Email, harness.ResetMail, 1).Token(t)
		const fresh = "seven grey owls listen"
		p.Post("/auth/password/reset", map[string]any{"token": confirm.Token(t), "new_password": fresh}).
			WantsProblem(422, "validation_failed")
		p.Post("/auth/password/reset", map[string]any{"token": token, "new_password": "ann"}).
			WantsProblem(422, "validation_failed")
		p.Post("/auth/password/reset", map[string]any{"token": token, "new_password": fresh}).Wants(204)
		p.Post("/auth/password/reset", map[string]any{"token": token, "new_password": fresh}).
			WantsProblem(422, "validation_failed")

		socket.ExpectClose(4401)
		for _, dead := range []*harness.Person{ann, phone} {
			dead.Get("/users/me").WantsProblem(401, "token_revoked")
			p.Post("/auth/refresh", map[string]any{"refresh_token": dead.Tokens.RefreshToken}).WantsProblem(401, "token_revoked")
		}
		p.Post("/auth/login", map[string]any{"email": ann.Email, "password": ann.Password}).
			WantsProblem(401, "invalid_credentials")
		again := p.Login(ann.Email, fresh)

		again.Patch("/users/me", map[string]any{"email": "new-" + ann.Email, "current_password": fresh}).Wants(200)
		moved := post.Await(t, "new-"+ann.Email, harness.ConfirmMail, 1).Token(t)
		p.Post("/auth/email/verify", map[string]any{"token": moved}).Wants(204)
		p.Login("new-"+ann.Email, fresh)
		for _, job := range jobstest.Await(t, dbtest.Open(t, url)) {
			require.Equal(t, "completed", job.State)
		}
		p.Stop()
		for _, m := range post.Mails(t) {
			require.NotContains(t, []string{"nobody@example.com", harness.AdminEmail}, m.To)
		}
		for _, secret := range []string{confirm.Token(t), token, moved, fresh, ann.Password} {
			require.NotContains(t, p.Log.String(), secret)
		}
		for _, token := range []string{confirm.Token(t), token, moved} {
			require.NotContains(t, p.Log.String(), token[22:], "its secret part")
		}
	})
}

// TestAMailOutlivesTheProgramThatShouldHaveSentIt: the mail server is away, the program is killed, and another one sends
// what there is to be sent.
func TestAMailOutlivesTheProgramThatShouldHaveSentIt(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		post := mailtest.Serve(t)
		post.Refuse(451)
		p := harness.Launch(t, url, "SMTP_URL="+post.URL)
		ann := p.Register("Ann")
		db := dbtest.Open(t, url)
		require.Eventually(t, func() bool { // not while it is at it, since it would be taken for alive for a minute
			return slices.ContainsFunc(jobstest.List(t, db), func(job jobstest.Job) bool { // among those of the background
				return job.Kind == "identity.send_mail" && job.Attempt > 0 && job.State != "running"
			})
		}, harness.Patience, time.Millisecond)
		p.Kill()
		post.Refuse(0)
		require.Empty(t, post.Mails(t))

		next := harness.Launch(t, url, "SMTP_URL="+post.URL)
		token := post.Await(t, ann.Email, harness.ConfirmMail, 1).Token(t)
		next.Post("/auth/email/verify", map[string]any{"token": token}).Wants(204)
		require.NotContains(t, p.Log.String()+next.Log.String(), token[22:])
	})
}

// TestForgottenPasswordsTellNobodyApart compares what a stranger can see and measure of known and unknown addresses:
// answers, and the time of many of them. The times of both are mixed, so that the machine does the same to both.
func TestForgottenPasswordsTellNobodyApart(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		const rounds = 60
		times := map[string][]time.Duration{}
		var first *harness.Answer
		for range rounds {
			for _, email := range []string{ann.Email, "nobody-" + ann.Email} {
				begin := time.Now()
				answer := p.Post("/auth/password/forgot", map[string]any{"email": email}, harness.Header{Name: "X-Request-Id", Value: "same"})
				times[email] = append(times[email], time.Since(begin))
				answer.Wants(202)
				answer.Header.Del("Date")
				if first == nil {
					first = answer
				}
				require.Equal(t, first.Header, answer.Header)
				require.Equal(t, first.Body, answer.Body)
			}
		}
		for email, all := range times {
			slices.Sort(all)
			t.Logf("%s: median %s, 90 %% %s", email, all[rounds/2], all[rounds*9/10])
		}
	})
}
