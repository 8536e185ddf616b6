package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestAClientThatNeverReadsHarmsNobody: sockets and streams that are opened and never read from, with a feed behind them
// that is more than any buffer holds, delay no other client, and are closed before long.
func TestAClientThatNeverReadsHarmsNobody(t *testing.T) {
	t.Parallel()
	p := harness.Launch(t, dbtest.URL(t, database.SQLite))
	ann, bob := p.Register("Ann"), p.Register("Bob")
	// What a notification holds of texts is as long as may be.
	project := ann.Project(strings.Repeat("🌵", 200))
	title := strings.Repeat("🌱", 500)
	const writes = 1600 // more than 4 MiB, which is as much as Linux buffers for a connection
	task := func() {
		ann.Task(project.ID, title, map[string]any{"assignee_id": bob.ID})
	}
	for range writes {
		task()
	}
	before := resident(t, p)

	const silent = 12
	for i := range silent {
		neverRead(t, bob, p.URL, i%2 == 0)
	}
	reading := bob.Socket("")
	began := time.Now()
	for i := range 20 {
		task()
		require.EqualValues(t, writes+1+i, reading.Expect("task_assigned").Seq)
	}
	require.Less(t, time.Since(began), harness.Patience)
	require.Eventually(t, func() bool { return len(p.Log.Lines("too slow")) == silent }, 4*harness.Patience, 50*time.Millisecond,
		"the silent clients are still there")
	task()
	reading.Expect("task_assigned")
	after := resident(t, p)
	t.Logf("resident: %d KiB before, %d KiB after", before>>10, after>>10)
	require.Less(t, after-before, int64(64<<20))
}

// neverRead opens a socket or a stream on which the whole feed comes, and reads nothing of it.
func neverRead(t *testing.T, as *harness.Person, address string, socket bool) {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	if socket {
		opening := websocket.Dialer{NetDialContext: dialer.DialContext}
		conn, _, err := opening.Dial("ws"+strings.TrimPrefix(address, "http")+"/ws?after_seq=0",
			http.Header{"Authorization": {"Bearer " + as.Tokens.AccessToken}})
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return
	}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET /api/v1/notifications/stream?after_seq=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
		as.Tokens.AccessToken)
	require.NoError(t, err)
}

// TestAnIdleProgramIsSmall: what is resident soon after a start, and after the making of the OpenAPI document, which takes
// much that nobody needs again.
func TestAnIdleProgramIsSmall(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url)
		p.Do(http.MethodGet, "/openapi.yaml", nil).Wants(200)
		made := resident(t, p)
		require.Eventually(t, func() bool { return resident(t, p) < 64<<20 }, 4*harness.Patience, 100*time.Millisecond,
			"%d KiB are resident, %d KiB were when the document had been made", resident(t, p)>>10, made>>10)
		t.Logf("resident: %d KiB when the document had been made, then %d KiB", made>>10, resident(t, p)>>10)
	})
}

// resident returns the memory of a process, in bytes.
func resident(t *testing.T, p *harness.Process) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		t.Skip("this system does not say how much memory a process has")
	}
	var kib int64
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS:") {
			_, err = fmt.Sscanf(line, "VmRSS: %d kB", &kib)
			require.NoError(t, err)
		}
	}
	return kib << 10
}
