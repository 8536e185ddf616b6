package e2e

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/e2e/harness"
)

// follower is a client that follows a feed by as many connections as it takes: each goes on where the one before ended.
type follower struct {
	t      *testing.T
	stream bool                         // by event streams; otherwise by sockets
	next   func() *harness.Client       // with whom the next connection is made
	lost   func(err error)              // is told why a connection ended, or was not made
	isLast func(m harness.Message) bool // whether this is all that it waits for

	at   atomic.Int64 // the number of what came last
	seen []string     // what came, in the form of table; for others once run has returned
	done bool
}

// giveUp is when a follower stops to come back.
const giveUp = 3 * time.Minute

// run follows the feed until the last notification has come, or the test has ended.
func (f *follower) run() {
	for began := time.Now(); !f.done && f.t.Context().Err() == nil; {
		if !assert.Less(f.t, time.Since(began), giveUp) {
			return
		}
		f.connect()
	}
}

func (f *follower) connect() {
	after := strconv.FormatInt(f.at.Load(), 10)
	if f.stream {
		stream, err := f.next().Follow(after)
		if err != nil {
			f.lost(err)
			return
		}
		defer stream.Close()
		f.take(stream.Next)
		return
	}
	socket, _, err := f.next().Dial("&after_seq=" + after)
	if err != nil {
		f.lost(err)
		return
	}
	defer socket.Close()
	f.take(socket.TryNext)
}

// take takes what comes on one connection.
func (f *follower) take(next func() (harness.Message, error)) {
	for !f.done {
		m, err := next()
		switch {
		case err != nil:
			f.lost(err)
			return
		case m.Type == "ready":
			assert.Equal(f.t, f.at.Load(), m.Seq, "it does not go on where it was")
		default:
			f.seen = append(f.seen, noted(m))
			f.at.Store(m.Seq)
			f.done = f.isLast(m)
		}
	}
}

// hasTitle recognizes the notification of a task by its title.
func hasTitle(title string) func(harness.Message) bool {
	return func(m harness.Message) bool { return m.Data["title"] == title && m.Type == "task_assigned" }
}

func noted(m harness.Message) string { return fmt.Sprintf("%d %s", m.Seq, m.ID) }

// table returns a feed as the database has it: numbers and ids, in order.
func table(t *testing.T, db *database.DB, userID string) (all []string) {
	t.Helper()
	require.NoError(t, db.Conn(t.Context()).Raw(
		`SELECT CAST(seq AS TEXT) || ' ' || CAST(id AS TEXT) FROM notifications WHERE user_id = ? ORDER BY seq`, userID).
		Scan(&all).Error)
	return all
}
