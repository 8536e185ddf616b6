package notifications_test

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
)

// ticket asks for a ticket with a token.
func (h *house) ticket(token string) string {
	h.t.Helper()
	var issued struct {
		Ticket    string `json:"ticket"`
		ExpiresIn int    `json:"expires_in"`
	}
	anybody := h.Anonymous(h.t)
	anybody.Token = token
	answer := anybody.Post("/api/v1/ws/tickets", nil).Decode(201, &issued)
	require.Equal(h.t, 30, issued.ExpiresIn)
	require.Equal(h.t, "no-store", answer.Header.Get("Cache-Control"))
	return issued.Ticket
}

// byTicket opens a socket.
func (h *house) byTicket(ticket string) *client {
	h.t.Helper()
	conn, _, err := h.handshake("?ticket=" + ticket)
	require.NoError(h.t, err)
	return h.client(conn)
}

func TestATicketOpensOneConnection(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		who, token := h.Tokens.User(auth.RoleUser)
		h.Anonymous(t).Post("/api/v1/ws/tickets", nil).RequireProblem(401, "unauthenticated")

		first, second := h.ticket(token), h.ticket(token)
		require.NotEqual(t, first, second)
		c := h.byTicket(first)
		ready := c.next()
		require.Equal(t, "ready", ready.Type)
		require.Contains(t, string(ready.Data), who.SessionID.String())
		require.Equal(t, "unauthenticated", h.refused(401, "?ticket="+first).Code)
		h.source("?ticket=" + first).refused(401)

		s := h.source("?ticket=" + second)
		require.Equal(t, "ready", s.next().Type)
		require.Equal(t, "unauthenticated", h.refused(401, "?ticket="+second).Code)

		// It is the ticket that counts, whatever else is there.
		require.Equal(t, "unauthenticated", h.refused(401, "?ticket=nobody&token="+token).Code)
		require.Equal(t, "unauthenticated", h.refused(401, "?ticket=", "Authorization", "Bearer "+token).Code)
		require.Zero(t, h.Count("notification_tickets"))
	})
}

// The rule: of two who come with one ticket at once, one gets in, also at different nodes.
func TestOfTwoWithOneTicketOneGetsIn(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, dialect)
			here, there := open(t, dbtest.Open(t, url)), open(t, dbtest.Open(t, url))
			who, token := here.Tokens.User(auth.RoleUser)
			for _, node := range []*house{here, there} {
				node.Tokens = here.Tokens // one identity module for both
				node.Authenticate(here.Tokens)
			}
			require.NotEmpty(t, who)
			for range 10 {
				ticket := here.ticket(token)
				var opened atomic.Int32
				var racing sync.WaitGroup
				for _, node := range []*house{here, there, here, there} {
					racing.Go(func() {
						conn, _, err := node.handshake("?ticket=" + ticket)
						if err == nil {
							opened.Add(1)
							_ = conn.Close()
						}
					})
				}
				racing.Wait()
				require.EqualValues(t, 1, opened.Load())
			}
		})
	}
}

// The rule: a ticket is worth no more than the token that it stands for, and that only for a while.
func TestATicketDiesWithItsToken(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	who, token := h.Tokens.User(auth.RoleUser)
	_, brief := h.Tokens.Issue(auth.Principal{UserID: who.UserID, ExpiresAt: clock.System().Add(10 * time.Second)})
	ofSession, ofBrief, late := h.ticket(token), h.ticket(brief), h.ticket(token)
	h.ahead.Store(int64(11 * time.Second))
	require.Equal(t, "token_expired", h.refused(401, "?ticket="+ofBrief).Code)
	h.ahead.Store(int64(31 * time.Second))
	require.Equal(t, "unauthenticated", h.refused(401, "?ticket="+late).Code)
	h.ahead.Store(0)
	h.Tokens.Revoke(auth.Revocation{UserID: who.UserID, SessionID: who.SessionID})
	require.Equal(t, "token_revoked", h.refused(401, "?ticket="+ofSession).Code)
	require.Equal(t, "unauthenticated", h.refused(401, "?ticket="+ofSession).Code, "it was used")
}

// The rule: nothing that is kept or logged opens anything.
func TestATicketIsNowhereToBeFound(t *testing.T) {
	t.Parallel()
	log := &journal{}
	h := openLogged(t, dbtest.SQLite(t), slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, token := h.user()
	used, unused := h.ticket(token), h.ticket(token)
	var rows []struct{ TicketHash, SealedToken []byte }
	require.NoError(t, h.DB.Conn(t.Context()).Raw(`SELECT ticket_hash, sealed_token FROM notification_tickets`).
		Scan(&rows).Error)
	require.Len(t, rows, 2)
	for _, r := range rows {
		for _, secret := range []string{used, unused, token} {
			require.NotContains(t, string(r.TicketHash), secret)
			require.NotContains(t, string(r.SealedToken), secret)
		}
	}
	h.byTicket(used).isReady()
	h.refused(401, "?ticket="+used)
	h.refused(422, "?colour=red&ticket="+unused)
	h.end()
	for _, secret := range []string{used, unused, token} {
		require.NotContains(t, log.String(), secret)
	}
}

func (c *client) isReady() {
	c.t.Helper()
	require.Equal(c.t, "ready", c.next().Type)
}
