package notifications_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func TestWhatHappensArrivesInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		user, token := h.user()
		_, stranger := h.user()
		phone, _ := h.ready(token, "")
		laptop, _ := h.ready(token, "")
		other, _ := h.ready(stranger, "")
		h.assigns(user, 1, 100)
		phone.expect(1, 100)
		laptop.expect(1, 100)
		other.isAlive()
	})
}

// The rule: whoever connects while others write gets each notification once and in order, whatever they had before.
func TestReplayAndLiveHaveNoSeam(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		user, token := h.user()
		const total = 400
		var writing sync.WaitGroup
		writing.Go(func() {
			for i := range total {
				if err := h.publish(assigned(user, fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		})
		// One client that is cut again and again, another that connects anew each time from the very beginning.
		last, rounds := int64(0), 0
		for ; last < total; rounds++ {
			c, first := h.ready(token, fmt.Sprintf("&after_seq=%d", last))
			require.Equal(t, last, first.Seq)
			for range rand.IntN(30) + 1 {
				if last == total {
					break
				}
				last++
				c.expect(last, last)
			}
			_ = c.conn.Close()
			if rounds%8 == 0 {
				c, _ := h.ready(token, "&after_seq=0")
				c.expect(1, last)
				_ = c.conn.Close()
			}
		}
		writing.Wait()
		require.Greater(t, rounds, 10)
		c, _ := h.ready(token, "&after_seq=0")
		c.expect(1, total)
		c.isAlive()
	})
}

// The rule: the feed is the truth. A node that gets no hints, since another one writes, is at most a second behind.
func TestALostHintCostsASecond(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, dialect)
			here, there := open(t, dbtest.Open(t, url)), open(t, dbtest.Open(t, url))
			who, token := here.Tokens.User(auth.RoleUser)
			_, elsewhere := there.Tokens.Issue(who)
			near, _ := here.ready(token, "")
			far, _ := there.ready(elsewhere, "")
			for round := range int64(3) {
				here.assigns(who.UserID, int(round)*20, 20)
				began := time.Now()
				near.expect(round*20+1, round*20+20)
				far.expect(round*20+1, round*20+20)
				require.Less(t, time.Since(began), 5*time.Second)
			}
		})
	}
}

// The rule: whoever writes at once to whomever, each feed is numbered without a gap, in the order of the commits, and
// no two writers wait for each other.
func TestConcurrentWritersLeaveNoGaps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		const people, writers, each = 6, 8, 40
		users, sockets := make([]ids.ID, people), make([]*client, people)
		for i := range users {
			var token string
			users[i], token = h.user()
			sockets[i], _ = h.ready(token, "")
		}
		told := make([]int64, people)
		recording := db.Record()
		var mu sync.Mutex
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				random := rand.New(rand.NewPCG(7, uint64(w)))
				for range each {
					// Several of them in any order: they notify each other.
					var happened []eventbus.Event
					var to []int
					for _, i := range random.Perm(people)[:1+random.IntN(people)] {
						happened, to = append(happened, assigned(users[i], "x")), append(to, i)
					}
					if err := h.publish(happened...); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, i := range to {
						told[i]++
					}
					mu.Unlock()
				}
			})
		}
		writing.Wait()
		recording.Stop()
		require.Equal(t, writers*each, counted(recording, "INSERT INTO notification_streams"),
			"a unit of work was tried again: two waited for each other")
		for i, c := range sockets {
			c.expect(1, told[i])
			c.isAlive()
		}
		require.Zero(t, h.Bus.Failed())
	})
}

// counted returns how many statements have this in them.
func counted(recording *database.Recording, part string) (n int) {
	for _, statement := range recording.Statements() {
		if strings.Contains(statement, part) {
			n++
		}
	}
	return n
}

// The rule: a feed may be marked read in any way at once, while it grows, and nobody waits for each other.
func TestMarkingReadAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		reader := h.LogIn(t, auth.RoleUser)
		h.assigns(reader.Principal.UserID, 1, 60)
		var l list
		reader.Get("/api/v1/notifications?limit=100").Decode(200, &l)
		recording := db.Record()
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 10 {
					reader.Post("/api/v1/notifications/read-all", nil).Require(204)
				}
			})
			group.Go(func() {
				for i := range 20 {
					reader.Post("/api/v1/notifications/"+l.Items[i].ID+"/read", nil).Require(200)
				}
			})
		}
		group.Go(func() { h.assigns(reader.Principal.UserID, 61, 20) })
		group.Wait()
		recording.Stop()
		require.Equal(t, 4*10+4*20, counted(recording, "UPDATE notifications"), "a unit of work was tried again")
	})
}

// The rule: the order of the numbers is the order of the commits. Whoever has seen a number has seen all before it.
func TestNumbersAreInTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		reader := h.LogIn(t, auth.RoleUser)
		var writing sync.WaitGroup
		for range 6 {
			writing.Go(func() {
				for range 30 {
					if err := h.publish(assigned(reader.Principal.UserID, "x")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		after := int64(0)
		for finished := false; ; {
			var l list
			reader.Get(fmt.Sprintf("/api/v1/notifications?limit=100&after_seq=%d", after)).Decode(200, &l)
			for _, n := range l.Items {
				require.Equal(t, after+1, n.Seq, "a number was seen before the one below it")
				after = n.Seq
			}
			if finished && len(l.Items) == 0 {
				break
			}
			select {
			case <-done:
				finished = true
			default:
			}
		}
		require.EqualValues(t, 180, after)
	})
}

func TestASessionIsToldOfAnothersEndAndNotOfItsOwn(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	who, token := h.Tokens.User(auth.RoleUser)
	_, otherToken := h.Tokens.Issue(auth.Principal{UserID: who.UserID})
	dead, _ := h.ready(token, "")
	alive, _ := h.ready(otherToken, "")
	h.Publish(sessionEnded(who, events.SessionReplay))
	m := alive.next()
	require.Equal(t, "session_revoked", m.Type)
	require.JSONEq(t, fmt.Sprintf(`{"session_id":%q,"reason":"replay"}`, who.SessionID), string(m.Data))
	_, err := dead.read()
	require.Error(t, err)
	require.Equal(t, 4401, dead.closed())
	alive.isAlive()
}

// The rule: what a slow follower has not got when it is purged is lost to it, and it is told so.
func TestASocketThatLostSomethingIsTold(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	user, token := h.user()
	c, _ := h.ready(token, "")
	h.assigns(user, 1, 3)
	c.expect(1, 3)
	// Without a hint, so that the feed is purged before anything is delivered.
	h.Exec(`UPDATE notification_streams SET last_seq = 9, first_kept = 8 WHERE user_id = ?`, user)
	require.Equal(t, message{Type: "resync_required"}, c.next())
	h.assigns(user, 10, 1)
	c.expect(10, 10)
}
