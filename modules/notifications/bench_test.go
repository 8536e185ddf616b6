package notifications_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/ids"
)

// BenchmarkCommitToArrival measures from the end of the unit of work that notifies to the arrival at a client.
func BenchmarkCommitToArrival(b *testing.B) {
	eachDialect(b, func(b *testing.B, db *database.DB) {
		h := open(b, db)
		user, token := h.user()
		c, _ := h.ready(token, "")
		var took []time.Duration
		for b.Loop() {
			h.Publish(assigned(user, "Dig"))
			committed := time.Now()
			c.next()
			took = append(took, time.Since(committed))
		}
		report(b, took)
	})
}

// BenchmarkNotifyingWrites measures how many units of work a second can notify one and the same user.
func BenchmarkNotifyingWrites(b *testing.B) {
	eachDialect(b, func(b *testing.B, db *database.DB) {
		h := open(b, db)
		user, _ := h.user()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := h.publish(assigned(user, "Dig")); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkFanOut measures how long it takes until all of many clients have what one unit of work told them.
func BenchmarkFanOut(b *testing.B) {
	const clients = 1000
	eachDialect(b, func(b *testing.B, db *database.DB) {
		h := open(b, db, func(c *notifications.Config) { c.PingInterval = time.Hour })
		users, sockets := make([]ids.ID, clients), make([]*client, clients)
		happened := make([]eventbus.Event, clients)
		for i := range users {
			var token string
			users[i], token = h.user()
			sockets[i], _ = h.ready(token, "")
			happened[i] = assigned(users[i], "Dig")
		}
		var took []time.Duration
		for b.Loop() {
			require.NoError(b, h.publish(happened...))
			committed := time.Now()
			arrived := make([]time.Duration, clients)
			var reading sync.WaitGroup
			for i, c := range sockets {
				reading.Go(func() {
					if _, err := c.read(); err != nil {
						b.Error(err)
					}
					arrived[i] = time.Since(committed)
				})
			}
			reading.Wait()
			took = append(took, arrived...)
		}
		report(b, took)
	})
}

func eachDialect(b *testing.B, run func(b *testing.B, db *database.DB)) {
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		b.Run(fmt.Sprint(dialect), func(b *testing.B) { run(b, dbtest.Open(b, dbtest.URL(b, dialect))) })
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

// BenchmarkIdleSocket measures the memory and the goroutines of a socket on which nothing happens. The client's end of
// the connection is in the same process and counts as well.
func BenchmarkIdleSocket(b *testing.B) {
	h := open(b, dbtest.SQLite(b), func(c *notifications.Config) { c.PingInterval = time.Hour })
	var open []net.Conn
	openOne := func() {
		_, token := h.user()
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
		require.NoError(b, err)
		open = append(open, conn)
		_, err = fmt.Fprintf(conn, "GET /ws?token=%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"+
			"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", token)
		require.NoError(b, err)
		answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
		require.NoError(b, err)
		require.Equal(b, http.StatusSwitchingProtocols, answer.StatusCode)
	}
	used := func() (bytes, goroutines float64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapInuse + m.StackInuse), float64(runtime.NumGoroutine())
	}
	for range 100 {
		openOne()
	}
	bytesBefore, goroutinesBefore := used()
	for b.Loop() {
		openOne()
	}
	bytes, goroutines := used()
	b.ReportMetric((bytes-bytesBefore)/float64(b.N), "B/socket")
	b.ReportMetric((goroutines-goroutinesBefore)/float64(b.N), "goroutines/socket")
	for _, conn := range open {
		_ = conn.Close()
	}
}
