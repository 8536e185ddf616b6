package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// session is a session as its user sees it.
type session struct {
	ID         ids.ID    `json:"id"`
	UserAgent  string    `json:"user_agent"`
	IP         string    `json:"ip"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Current    bool      `json:"current"`
}

const ownSessions = "/api/v1/auth/sessions"

// listed walks a list of any kind, two items at a time.
func listed[T any](p *person, path string) (items []T) {
	cursor := ""
	for {
		var page struct {
			Items      []T     `json:"items"`
			NextCursor *string `json:"next_cursor"`
		}
		p.Get(path+"limit=2"+cursor).Decode(200, &page)
		items = append(items, page.Items...)
		if page.NextCursor == nil {
			return items
		}
		cursor = "&cursor=" + *page.NextCursor
	}
}

func (p *person) sessions() []session { return listed[session](p, ownSessions+"?") }

func TestTheOwnSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.join(t, "eve")
		n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada"), "User-Agent", "phone").Require(200)
		n.login(t, "ada").Post("/api/v1/auth/logout", nil).Require(204)
		expired := n.login(t, "ada")
		n.Exec("UPDATE sessions SET expires_at = ? WHERE id = ?", time.Now(), sessionOf(t, expired.AccessToken))

		sessions := ada.sessions()
		require.Len(t, sessions, 2, "neither those of others, nor what has ended or expired")
		phone, current := sessions[0], sessions[1]
		require.Equal(t, "phone", phone.UserAgent)
		require.False(t, phone.Current)
		require.Equal(t, sessionOf(t, ada.AccessToken), current.ID)
		require.True(t, current.Current)
		require.Equal(t, "127.0.0.1", current.IP)
		require.Equal(t, current.CreatedAt, current.LastUsedAt)
		require.WithinDuration(t, current.CreatedAt.Add(7*24*time.Hour), current.ExpiresAt, time.Second)

		oldestFirst := listed[session](ada, ownSessions+"?sort=created_at&")
		require.Equal(t, []session{current, phone}, oldestFirst)
		for _, bad := range []string{"sort=ip", "limit=0", "user_id=x"} {
			ada.Get(ownSessions+"?"+bad).RequireProblem(422, "validation_failed")
		}
		n.Anonymous(t).Get(ownSessions).RequireProblem(401, "unauthenticated")
	})
}

func TestEndingASessionOfOnesOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada, eve := n.join(t, "ada"), n.join(t, "eve")
		phone := n.login(t, "ada")
		n.Events()
		path := func(p *person) string { return ownSessions + "/" + sessionOf(t, p.AccessToken).String() }

		eve.Delete(path(ada)).RequireProblem(404, "not_found")
		ada.Delete(ownSessions+"/"+ids.New().String()).RequireProblem(404, "not_found")
		ada.Delete(ownSessions+"/current").RequireProblem(422, "validation_failed")
		require.Empty(t, n.endings())

		ada.Delete(path(phone)).Require(204)
		heard := n.Events()
		require.Len(t, heard, 1)
		ended := heard[0].(events.SessionEnded)
		require.Equal(t, events.SessionLogout, ended.Reason)
		require.Equal(t, sessionOf(t, phone.AccessToken), ended.SessionID)
		phone.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		phone.refresh(phone.RefreshToken).RequireProblem(401, "token_revoked")
		ada.Delete(path(phone)).RequireProblem(404, "not_found")
		require.Len(t, ada.sessions(), 1)

		ada.Delete(path(ada)).Require(204)
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		require.True(t, eve.alive())
	})
}

func TestAnExpiredSessionIsNotThereToBeEnded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		old := n.login(t, "ada")
		n.Events()
		id := sessionOf(t, old.AccessToken)
		n.Exec("UPDATE sessions SET expires_at = ? WHERE id = ?", time.Now(), id)
		ada.Delete(ownSessions+"/"+id.String()).RequireProblem(404, "not_found")
		old.refresh(old.RefreshToken).RequireProblem(401, "token_expired")
		ada.Post("/api/v1/auth/logout-all", nil).Require(204)
		require.Equal(t, []string{events.SessionLogout}, n.endings(), "what has expired does not end once more")
	})
}

func TestLogoutAllEndsEverySessionOfTheUserAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada, eve := n.join(t, "ada"), n.join(t, "eve")
		phone := n.login(t, "ada")
		n.Events()
		ada.Post("/api/v1/auth/logout-all", nil).Require(204)
		require.Equal(t, []string{events.SessionLogout, events.SessionLogout}, n.endings())
		for _, p := range []*person{ada, phone} {
			p.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
			p.refresh(p.RefreshToken).RequireProblem(401, "token_revoked")
		}
		ada.Post("/api/v1/auth/logout-all", nil).RequireProblem(401, "token_revoked")
		require.True(t, eve.alive())
		require.True(t, n.login(t, "ada").alive())
	})
}

// Whoever comes first: a session that a login answered with is either ended by the logout or listed after it.
func TestALoginDuringALogoutAllIsWhollyBeforeOrAfter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		for range 5 {
			ada := n.login(t, "ada")
			n.Events()
			answers := atOnce(4, func(i int) *httpservertest.Answer {
				if i == 0 {
					return ada.Post("/api/v1/auth/logout-all", nil).Require(204)
				}
				return n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada")).Require(200)
			})
			alive := 0
			for _, a := range answers[1:] {
				var g grant
				a.Decode(200, &g)
				p := &person{Client: n.Anonymous(t), grant: g}
				p.Token = g.AccessToken
				if p.alive() {
					alive++
				}
			}
			require.Len(t, n.endings(), 1+3-alive)
			last := n.login(t, "ada")
			require.Len(t, last.sessions(), alive+1)
			last.Post("/api/v1/auth/logout-all", nil).Require(204)
		}
	})
}
