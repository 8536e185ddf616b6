package notifications_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// expect takes the next events, which must be the notifications with these numbers.
func (s *source) expect(first, last int64) {
	s.t.Helper()
	for seq := first; seq <= last; seq++ {
		e := s.next()
		require.Equal(s.t, "task_assigned", e.Type, "%+v", e)
		require.Equal(s.t, seq, e.Seq)
		require.Equal(s.t, strconv.FormatInt(seq, 10), e.id)
	}
}

// floods tells a user more at once than a connection's buffers hold.
func (h *house) floods(user ids.ID) {
	h.t.Helper()
	var flood []eventbus.Event
	for range floodLength {
		flood = append(flood, assigned(user, strings.Repeat("x", floodTitle)))
	}
	h.Publish(flood...)
}

func TestAnEventStreamShowsTheFeed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		user, token := h.user()
		h.assigns(user, 1, 3)
		s, first := h.stream(token, "")
		require.EqualValues(t, 3, first.Seq)
		require.Equal(t, "3", first.id, "who loses the stream now goes on from here")
		require.NotEmpty(t, s.retry)
		for name, value := range map[string]string{
			"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Type": "text/event-stream",
		} {
			require.Equal(t, value, s.response.Header.Get(name))
		}
		h.assigns(user, 4, 20)
		s.expect(4, 23)
	})
}

// The rule: whoever comes back with the last id that they saw gets each notification once and in order.
func TestAStreamThatIsCutGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		user, token := h.user()
		const total = 300
		var writing sync.WaitGroup
		writing.Go(func() {
			for i := range total {
				if err := h.publish(assigned(user, fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		})
		last, rounds := "", 0
		for seq := int64(0); seq < total; rounds++ {
			// As a browser does: the address stays, and what it began with gives way to the last event.
			s, first := h.stream(token, "?after_seq=0", "Last-Event-ID", last)
			require.Equal(t, seq, first.Seq)
			for range rand.IntN(30) {
				if seq == total {
					break
				}
				seq++
				s.expect(seq, seq)
			}
			last = s.lastID
			s.cancel()
		}
		writing.Wait()
		require.Greater(t, rounds, 5)
	})
}

func TestAStreamBeginsWhereItIsAskedTo(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	user, token := h.user()
	h.assigns(user, 1, 30)
	h.purge(user, 11)
	begin := func(after, last string) (*source, happening) {
		query := ""
		if after != "" {
			query = "?after_seq=" + after
		}
		return h.stream(token, query, "Last-Event-ID", last)
	}
	for _, c := range []struct {
		after, last string
		want        int64
	}{{"10", "", 10}, {"28", "", 28}, {"", "30", 30}, {"3", "29", 29}, {"", "", 30}} {
		s, first := begin(c.after, c.last)
		require.Equal(t, c.want, first.Seq)
		s.expect(c.want+1, 30)
		s.cancel()
	}
	for _, c := range [][2]string{{"9", ""}, {"", "31"}, {"10", "0"}} {
		s, first := begin(c[0], c[1])
		require.EqualValues(t, 30, first.Seq)
		require.Equal(t, "resync_required", s.next().event)
		require.Equal(t, "30", s.lastID, "who comes back goes on from there")
		s.cancel()
	}
	authorized := []string{"Authorization", "Bearer " + token}
	for _, bad := range []string{"x", "-1", "1.5", "01", "%2B1"} {
		refused := h.source("", append(authorized, "Last-Event-ID", bad)...).refused(422)
		require.Equal(t, "header.Last-Event-ID", refused.Errors[0].Location)
		refused = h.source("?after_seq="+bad, authorized...).refused(422)
		require.Equal(t, "query.after_seq", refused.Errors[0].Location)
	}
	h.source("?colour=red", authorized...).refused(422)
	h.source("?token=" + token).refused(401) // a token in an address is the socket's alone
	require.Equal(t, "unauthenticated", h.source("").refused(401).Code)
	require.Equal(t, "unauthenticated", h.source("?colour=red").refused(401).Code, "401 comes before 422")
}

func TestAStreamEndsWithTheSessionAndTheToken(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	who, token := h.Tokens.User(auth.RoleUser)
	_, other := h.Tokens.Issue(auth.Principal{UserID: who.UserID, ExpiresAt: clock.System().Add(10 * time.Minute)})
	dead, _ := h.stream(token, "")
	alive, _ := h.stream(other, "")
	h.Publish(sessionEnded(who, events.SessionReplay))
	require.Equal(t, "session_revoked", alive.next().Type)
	dead.ends()
	h.Tokens.Revoke(auth.Revocation{UserID: who.UserID, SessionID: who.SessionID})
	require.Equal(t, "token_revoked", h.source("", "Authorization", "Bearer "+token).refused(401).Code)
	h.ahead.Store(int64(11 * time.Minute))
	alive.ends()
	require.Zero(t, h.sockets())
}

func TestAStreamThatLostSomethingIsTold(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	user, token := h.user()
	s, _ := h.stream(token, "")
	h.assigns(user, 1, 3)
	s.expect(1, 3)
	h.Exec(`UPDATE notification_streams SET last_seq = 9, first_kept = 8 WHERE user_id = ?`, user)
	require.Equal(t, "resync_required", s.next().Type)
	h.assigns(user, 10, 1)
	s.expect(10, 10)
}

func TestSocketsAndStreamsCountTogether(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.MaxPerUser = 2 })
	_, token := h.user()
	h.ready(token, "")
	s, _ := h.stream(token, "")
	require.Equal(t, 4429, h.connect(token, "").closed())
	refused := h.source("", "Authorization", "Bearer "+token)
	require.Equal(t, "rate_limited", refused.refused(429).Code)
	require.NotEmpty(t, refused.response.Header.Get("Retry-After"))
	s.cancel()
	require.Eventually(t, func() bool { return h.sockets() == 1 }, patience, time.Millisecond)
	h.stream(token, "")
}

func TestAStreamHasAHeartbeat(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.PingInterval = 50 * time.Millisecond })
	user, token := h.user()
	s, _ := h.stream(token, "")
	for range 5 {
		line, err := s.lines.ReadString('\n')
		require.NoError(t, err)
		if strings.HasPrefix(line, ":") {
			s.comments++
		}
	}
	require.Positive(t, s.comments)
	h.assigns(user, 1, 1)
	s.expect(1, 1)
}

// The rule: a client that does not read is dropped, and no other waits for it.
func TestASlowStreamIsDropped(t *testing.T) {
	t.Parallel()
	log := &journal{}
	h := openLogged(t, dbtest.SQLite(t), log.handler(), func(c *notifications.Config) { c.StallLimit = 4 * time.Second })
	user, token := h.user()
	h.source("", "Authorization", "Bearer "+token) // never reads
	quick, _ := h.stream(token, "")
	socket, _ := h.ready(token, "")
	h.floods(user)
	for seq := range int64(floodLength) {
		quick.expect(seq+1, seq+1)
		socket.expect(seq+1, seq+1)
	}
	require.Eventually(t, func() bool { return h.sockets() == 2 }, patience, 10*time.Millisecond)
	require.Contains(t, log.String(), "too slow")
	socket.isAlive()
}

// The rule: streams end at once when the server stops, also those whose client does not read, and leave nothing.
// (Not parallel: other tests have goroutines as well.)
func TestStreamsEndAtShutdown(t *testing.T) { //nolint:paralleltest // counts goroutines
	before := goleak.IgnoreCurrent()
	t.Run("house", func(t *testing.T) { //nolint:paralleltest // see above
		h := open(t, dbtest.SQLite(t))
		user, token := h.user()
		h.source("", "Authorization", "Bearer "+token) // never reads
		reading, _ := h.stream(token, "")
		h.floods(user)
		reading.expect(1, floodLength)
		began := time.Now()
		h.end()
		require.Less(t, time.Since(began), 5*time.Second)
		reading.ends()
		h.source("", "Authorization", "Bearer "+token).refused(503)
	})
	require.Eventually(t, func() bool { return goleak.Find(before) == nil }, patience, 50*time.Millisecond)
}
