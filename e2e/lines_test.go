package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestNothingIsMissedOnABadLine: during 1,000 writes the lines to all clients are cut at random, in the middle of frames
// and of handshakes. Each client comes back with the last number that it saw. In the end each has had the feed of the
// table, in order, once.
func TestNothingIsMissedOnABadLine(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		task := ann.Task(ann.Project("Busy").ID, "Dig", map[string]any{"assignee_id": bob.ID})
		writes := harness.Load(1000)
		last := int64(writes + 1) // with the assignment
		line := harness.NewProxy(t, p.URL, harness.Quality{Lasts: 6000, Delay: 3 * time.Millisecond})
		at := bob.Through(line)

		var following, writing sync.WaitGroup
		seen := make([][]string, 5) // what each client saw, in the form of table
		for i := range seen {
			following.Go(func() {
				if i%2 == 0 {
					seen[i] = bySocket(t, at, last)
				} else {
					seen[i] = byStream(t, at, last)
				}
			})
		}
		var written atomic.Int64
		for range 4 {
			writing.Go(func() {
				for written.Add(1) <= int64(writes) {
					a, err := ann.Try("POST", "/api/v1/tasks/"+task.ID+"/comments", map[string]any{"body": "Deeper"})
					if !assert.NoError(t, err) || !assert.Equal(t, 201, a.Status, "%s", a.Body) {
						return
					}
				}
			})
		}
		writing.Wait()
		following.Wait()
		feed := table(t, dbtest.Open(t, url), bob.ID)
		require.Len(t, feed, int(last))
		for i := range seen {
			require.Equal(t, feed, seen[i], "client %d", i)
		}
		require.Greater(t, line.Cuts(), len(seen), "the line was not bad")
		t.Logf("%d connections were cut", line.Cuts())
	})
}

// table returns a feed as the database has it: numbers and ids, in order.
func table(t *testing.T, db *database.DB, userID string) (all []string) {
	t.Helper()
	require.NoError(t, db.Conn(t.Context()).Raw(
		`SELECT CAST(seq AS TEXT) || ' ' || CAST(id AS TEXT) FROM notifications WHERE user_id = ? ORDER BY seq`, userID).
		Scan(&all).Error)
	return all
}

func noted(m harness.Message) string { return fmt.Sprintf("%d %s", m.Seq, m.ID) }

// giveUp is when a client stops to come back.
const giveUp = 3 * time.Minute

// bySocket follows a feed up to a number, by as many sockets as it takes.
func bySocket(t *testing.T, as *harness.Client, last int64) (seen []string) {
	at := int64(0)
	for began := time.Now(); at < last && assert.Less(t, time.Since(began), giveUp); {
		socket, _, err := as.Dial("&after_seq=" + strconv.FormatInt(at, 10))
		if err != nil {
			continue // cut during the handshake
		}
		for at < last {
			m, err := socket.TryNext()
			if err != nil {
				assert.NotContains(t, err.Error(), "documented")
				break
			}
			if m.Type == "ready" {
				assert.Equal(t, at, m.Seq)
				continue
			}
			seen, at = append(seen, noted(m)), m.Seq
		}
		socket.Close()
	}
	return seen
}

// byStream follows a feed up to a number, by as many event streams as it takes.
func byStream(t *testing.T, as *harness.Client, last int64) (seen []string) {
	id := "0"
	for began := time.Now(); id != strconv.FormatInt(last, 10) && assert.Less(t, time.Since(began), giveUp); {
		stream, err := as.Follow(id)
		if err != nil {
			continue
		}
		for stream.LastID != strconv.FormatInt(last, 10) {
			m, err := stream.Next()
			if err != nil {
				assert.False(t, strings.Contains(err.Error(), "documented"), "%v", err)
				break
			}
			if m.Type == "ready" {
				assert.Equal(t, id, strconv.FormatInt(m.Seq, 10))
				continue
			}
			seen = append(seen, noted(m))
		}
		id = stream.LastID
		stream.Close()
	}
	return seen
}
