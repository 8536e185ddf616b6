package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// The rules of RFC 9700 (Best Current Practice for OAuth 2.0 Security) that apply to a program which gives tokens to
// its own clients: those about refresh tokens, and about tokens that leak. A test is named after its section. Redirects,
// authorization codes and foreign clients do not occur here.

// Refresh tokens of public clients are rotated, and a replay is detected (2.2.2 and 4.14.2): it ends the session, is in
// the audit log, and is told to the user.
func TestRFC9700_4_14_2_AReplayedRefreshTokenEndsTheSession(t *testing.T) {
	t.Parallel()
	strict := harness.Configure(func(c *config.Config) { c.RefreshReuseGrace = 0 })
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		elsewhere := p.Login(ann.Email, ann.Password)
		socket, own := elsewhere.Socket(""), ann.Socket("")
		next := ann.Refresh(t)
		require.NotEqual(t, ann.Tokens.RefreshToken, next.RefreshToken)

		stolen := map[string]any{"refresh_token": ann.Tokens.RefreshToken}
		p.Post("/auth/refresh", stolen).WantsProblem(401, "token_revoked")
		own.ExpectClose(4401)
		told := socket.Expect("session_revoked")
		require.Equal(t, "replay", told.Data["reason"])
		require.Equal(t, claim(t, ann.Tokens.AccessToken, "sid"), told.Data["session_id"])

		p.Post("/auth/refresh", map[string]any{"refresh_token": next.RefreshToken}).WantsProblem(401, "token_revoked")
		p.With(next.AccessToken).Get("/users/me").WantsProblem(401, "token_revoked")
		ann.Get("/users/me").WantsProblem(401, "token_revoked")
		p.Post("/auth/refresh", stolen).WantsProblem(401, "token_revoked")
		elsewhere.Get("/users/me").Wants(200)

		entries := harness.All[map[string]any](p.Admin().Client, "/admin/audit?action=refresh_replay")
		require.Len(t, entries, 1, "once, however often it is replayed")
		require.Equal(t, told.Data["session_id"], entries[0]["target_id"])
	}, strict)
}

// Refresh tokens are revoked by a logout and by a change of the password (4.14.2).
func TestRFC9700_4_14_2_RefreshTokensEndWithTheSessionAndThePassword(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		other, third := p.Login(ann.Email, ann.Password), p.Login(ann.Email, ann.Password)
		refused := func(who *harness.Person) {
			t.Helper()
			p.Post("/auth/refresh", map[string]any{"refresh_token": who.Tokens.RefreshToken}).WantsProblem(401, "token_revoked")
			who.Get("/users/me").WantsProblem(401, "token_revoked")
		}
		other.Post("/auth/logout", nil).Wants(204)
		refused(other)
		third.Get("/users/me").Wants(200)
		ann.Post("/users/me/password", map[string]any{
			"current_password": ann.Password, "new_password": "five tall giraffes drink",
		}).Wants(204)
		refused(third)
		ann.Get("/users/me").Wants(200)
		ann.Refresh(t)
		ann.Post("/auth/logout-all", nil).Wants(204)
		refused(ann)
	})
}

// A refresh token that is not used expires (4.14.2), and says so in its answer.
func TestRFC9700_4_14_2_UnusedRefreshTokensExpire(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		require.Equal(t, 2*24*3600, ann.Tokens.RefreshExpiresIn)
		require.Equal(t, 15*60, ann.Tokens.ExpiresIn, "and access tokens live for minutes (2.2.1)")
	}, harness.Configure(func(c *config.Config) { c.RefreshTokenDays = 2 }))
}

// Neither the history of a browser nor a referrer nor a cache gets a token (4.2.4, 4.3.2): REST takes none from the
// query, and answers with tokens are not kept.
func TestRFC9700_4_3_2_TokensAreNotTakenFromTheQuery(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		for _, name := range []string{"token", "access_token", "ticket", "authorization"} {
			p.Get("/users/me?"+name+"="+ann.Tokens.AccessToken).WantsProblem(401, "unauthenticated")
		}
		p.Post("/auth/refresh?refresh_token="+ann.Tokens.RefreshToken, map[string]any{}).WantsProblem(422, "validation_failed")
		for _, a := range []*harness.Answer{
			p.Post("/auth/login", map[string]any{"email": ann.Email, "password": ann.Password}).Wants(200),
			p.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken}).Wants(200),
		} {
			require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
			require.Equal(t, "no-referrer", a.Header.Get("Referrer-Policy"))
		}
	})
}

// The documentation pages, where one may enter a token, are not shown in somebody else's frame (4.16).
func TestRFC9700_4_16_PagesAreNotFramed(t *testing.T) {
	t.Parallel()
	p, _ := describe(t)
	for _, page := range []string{"/docs", "/redoc"} {
		a := p.Do("GET", page, nil).Wants(200)
		require.Equal(t, "DENY", a.Header.Get("X-Frame-Options"))
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	}
}
