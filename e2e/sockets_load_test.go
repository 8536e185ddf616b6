package e2e

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestLoadOfSockets opens as many sockets on the real program as LOAD_SOCKETS says, and prints what each costs, and how
// long a notification to all of them takes. It is no test of anything: `make load-sockets` runs it.
func TestLoadOfSockets(t *testing.T) { //nolint:paralleltest // it wants the machine for itself
	wanted, err := strconv.Atoi(os.Getenv("LOAD_SOCKETS"))
	if err != nil {
		t.Skip("LOAD_SOCKETS does not say how many")
	}
	p := harness.Launch(t, dbtest.URL(t, database.SQLite), "WS_MAX_PER_USER="+strconv.Itoa(wanted), "LOG_LEVEL=info",
		"RATE_LIMIT_ENABLED=false")
	ann, bob := p.Register("Ann"), p.Register("Bob")
	project := ann.Project("Garden")
	arrivals := make(chan time.Time, wanted)
	open := func(n int) {
		var opening sync.WaitGroup
		slots := make(chan struct{}, 32)
		for range n {
			slots <- struct{}{}
			opening.Go(func() {
				defer func() { <-slots }()
				listen(t, p.URL, bob.Tokens.AccessToken, arrivals)
			})
		}
		opening.Wait()
	}
	warm := min(100, wanted/10)
	open(warm) // what the first sockets have made is not theirs
	before := resident(t, p)
	began := time.Now()
	open(wanted - warm)
	t.Logf("%d sockets, opened in %s", wanted, time.Since(began).Round(time.Millisecond))
	time.Sleep(5 * time.Second) // what was needed to open them is given back
	idle := resident(t, p)
	t.Logf("resident per idle socket: %.1f KiB (%d MiB in all)",
		float64(idle-before)/float64(wanted-warm)/1024, idle>>20)

	var took []time.Duration
	for range 10 {
		began := time.Now()
		ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		for range wanted {
			select {
			case at := <-arrivals:
				took = append(took, at.Sub(began))
			case <-time.After(time.Minute):
				t.Fatal("a notification did not arrive")
			}
		}
	}
	slices.Sort(took)
	percentile := func(share float64) time.Duration {
		return took[int(share*float64(len(took)-1))].Round(100 * time.Microsecond)
	}
	t.Logf("from the request that notifies to the arrival at each of %d sockets: p50 %s, p90 %s, p99 %s, worst %s",
		wanted, percentile(0.5), percentile(0.9), percentile(0.99), percentile(1))
	t.Logf("resident per socket after that: %.1f KiB", float64(resident(t, p)-before)/float64(wanted-warm)/1024)
}

// listen opens a socket and tells when each notification arrives on it. It keeps little, since the client is on the same
// machine: no library, and one small buffer.
func listen(t *testing.T, address, token string, arrivals chan<- time.Time) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Authorization: Bearer %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", token)
	if err != nil {
		t.Error(err)
		return
	}
	reader := bufio.NewReaderSize(conn, 512)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("no socket: %v %v", answer, err)
		return
	}
	if frame(conn, reader, make([]byte, 4096)) == nil {
		t.Error("no ready message")
		return
	}
	go func() {
		buffer := make([]byte, 1024)
		for {
			text := frame(conn, reader, buffer)
			if text == nil {
				return
			}
			arrivals <- time.Now()
		}
	}()
}

// frame returns the next text message of the server, or nil at the end. It answers pings.
func frame(conn net.Conn, reader *bufio.Reader, buffer []byte) []byte {
	for {
		var head [2]byte
		if _, err := io.ReadFull(reader, head[:]); err != nil {
			return nil
		}
		length := int(head[1])
		if length == 126 {
			var long [2]byte
			if _, err := io.ReadFull(reader, long[:]); err != nil {
				return nil
			}
			length = int(binary.BigEndian.Uint16(long[:]))
		}
		text := buffer[:min(length, len(buffer))]
		if _, err := io.ReadFull(reader, text); err != nil || length > len(buffer) {
			return nil
		}
		switch head[0] & 0x0f {
		case 1:
			return text
		case 9: // ping: the answer's mask is zero
			_, _ = conn.Write(append([]byte{0x8a, 0x80 | byte(length), 0, 0, 0, 0}, text...))
		default:
			return nil
		}
	}
}
