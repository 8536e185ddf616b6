package e2e

import (
	"bufio"
	"context"
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
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/memory"
	"fasttrack/e2e/harness"
	"fasttrack/shared/ids"
)

// TestLoadOfSockets opens as many sockets on the real program as LOAD_SOCKETS says, and prints what each costs, and how
// long notifications take: first with all of them of one user, then each of a user of its own. It is no test of anything:
// `make load-sockets` runs it.
func TestLoadOfSockets(t *testing.T) { //nolint:paralleltest // it wants the machine for itself
	wanted, err := strconv.Atoi(os.Getenv("LOAD_SOCKETS"))
	if err != nil {
		t.Skip("LOAD_SOCKETS does not say how many")
	}
	t.Run("of one user", func(t *testing.T) { //nolint:paralleltest // as above
		l := newSocketLoad(t, wanted, 1)
		var took []time.Duration
		for range 10 {
			began := time.Now()
			l.assign(0)
			for range wanted {
				took = append(took, l.arrival().at.Sub(began))
			}
		}
		t.Logf("from the request that notifies to the arrival at each of the sockets: %s", percentiles(took))
		l.report("resident per socket right after that")
		l.rest()
		l.report("resident per socket when it is calm again")
	})
	t.Run("of as many users", func(t *testing.T) { //nolint:paralleltest // as above
		l := newSocketLoad(t, wanted, wanted)
		var whole, push []time.Duration
		for i := range min(500, wanted) { // one after the other
			began := time.Now()
			answered := l.assign(i)
			at := l.arrival().at
			whole, push = append(whole, at.Sub(began)), append(push, at.Sub(answered))
		}
		t.Logf("one after the other: from the request to the arrival: %s", percentiles(whole))
		t.Logf("one after the other: from the answer, which follows the commit, to the arrival: %s", percentiles(push))

		began := make([]time.Time, wanted)
		start := time.Now()
		go func() {
			var next atomic.Int64
			harness.AtOnce(8, func(int) {
				for i := next.Add(1) - 1; i < int64(wanted); i = next.Add(1) - 1 {
					began[i] = time.Now()
					l.assign(int(i))
				}
			})
		}()
		whole = nil
		for range wanted {
			a := l.arrival()
			whole = append(whole, a.at.Sub(began[a.user]))
		}
		t.Logf("one to each, 8 at a time: from the request to the arrival: %s; %.0f a second, %d were sent again",
			percentiles(whole), float64(wanted)/time.Since(start).Seconds(), l.refused.Load())
		l.report("resident per socket right after that")
		l.rest()
		l.report("resident per socket when it is calm again")
	})
}

// socketLoad is a program with many sockets.
type socketLoad struct {
	t        *testing.T
	p        *harness.Process
	http     *http.Client
	ann      *harness.Person
	project  harness.Project
	users    []string // ids
	sockets  int
	before   int64        // resident bytes without those sockets
	refused  atomic.Int64 // writes for which the program was too busy, which were sent again
	arrivals chan arrived
}

// arrived says that a notification is at a socket of a user.
type arrived struct {
	user int
	at   time.Time
}

// newSocketLoad opens sockets of users in turn, and prints what they cost while nothing happens.
func newSocketLoad(t *testing.T, sockets, users int) *socketLoad {
	t.Helper()
	url := dbtest.URL(t, database.SQLite)
	p := harness.Launch(t, url, "WS_MAX_PER_USER="+strconv.Itoa(sockets), "LOG_LEVEL=info", "RATE_LIMIT_ENABLED=false",
		"ACCESS_TOKEN_EXPIRE_MINUTES=120")
	ann := p.Register("Ann")
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	l := &socketLoad{
		t: t, p: p, http: &http.Client{Transport: transport}, ann: ann, project: ann.Project("Garden"),
		arrivals: make(chan arrived, sockets),
	}
	tokens := l.crowd(url, users)
	open := func(from, to int) {
		var opening sync.WaitGroup
		slots := make(chan struct{}, 32)
		for i := from; i < to; i++ {
			slots <- struct{}{}
			opening.Go(func() {
				defer func() { <-slots }()
				listen(t, p.URL, tokens[i%users], func() { l.arrivals <- arrived{i % users, time.Now()} })
			})
		}
		opening.Wait()
	}
	warm := min(100, sockets/10)
	open(0, warm) // what the first sockets have made is not theirs
	l.before, l.sockets = resident(t, p), sockets-warm
	began := time.Now()
	open(warm, sockets)
	t.Logf("%d sockets of %d users, opened in %s", sockets, users, time.Since(began).Round(time.Millisecond))
	l.report("resident per socket right after that")
	l.rest()
	l.report("resident per idle socket")
	const idle = 30 * time.Second // in which each is sent a ping
	busy := processorTime(t, p)
	time.Sleep(idle)
	t.Logf("idle, the program takes %.1f %% of a processor", 100*float64(processorTime(t, p)-busy)/float64(idle))
	return l
}

// crowd makes users, and a token for each. They are written to where it is looked whom a task may be given to, since
// registrations would take longer than all the rest.
func (l *socketLoad) crowd(url string, n int) (tokens []string) {
	l.t.Helper()
	db := dbtest.Open(l.t, url)
	require.NoError(l.t, db.Do(l.t.Context(), func(ctx context.Context) error {
		for range n {
			id := ids.New()
			l.users = append(l.users, id.String())
			err := db.Conn(ctx).Exec(`INSERT INTO task_users (user_id, display_name, is_active, role, version)
				VALUES (?, 'Somebody', true, 'user', 1)`, id).Error
			if err != nil {
				return err
			}
		}
		return nil
	}))
	for _, id := range l.users {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"iss": "fasttrack", "aud": []string{"fasttrack"}, "sub": id, "sid": ids.New().String(), "jti": ids.New().String(),
			"typ": "access", "role": "user", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		})
		token.Header["typ"] = "at+jwt"
		signed, err := token.SignedString([]byte(harness.SecretKey))
		require.NoError(l.t, err)
		tokens = append(tokens, signed)
	}
	return tokens
}

// assign gives a user a task, and returns when that was answered.
func (l *socketLoad) assign(user int) time.Time {
	request, err := l.ann.Request(http.MethodPost, "/api/v1/projects/"+l.project.ID+"/tasks",
		map[string]any{"title": "Dig", "assignee_id": l.users[user]})
	if err != nil {
		l.t.Error(err)
		return time.Time{}
	}
	response, err := l.http.Do(request)
	at := time.Now()
	if err != nil {
		l.t.Error(err)
		return at
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	switch response.StatusCode {
	case http.StatusCreated:
	case http.StatusServiceUnavailable:
		if l.refused.Add(1) == 1 {
			l.t.Logf("too busy: %s", body)
		}
		return l.assign(user)
	default:
		l.t.Errorf("no task was made: %s", body)
	}
	return at
}

func (l *socketLoad) arrival() arrived {
	l.t.Helper()
	select {
	case a := <-l.arrivals:
		return a
	case <-time.After(time.Minute):
		l.t.Fatal("a notification did not arrive")
	}
	panic("unreachable")
}

// rest waits until the program has seen that it is calm, and given back what it needs no longer.
func (l *socketLoad) rest() { time.Sleep(4 * memory.Interval) }

func (l *socketLoad) report(what string) {
	l.t.Helper()
	now := resident(l.t, l.p)
	l.t.Logf("%s: %.1f KiB (%d MiB in all)", what, float64(now-l.before)/float64(l.sockets)/1024, now>>20)
}

func percentiles(took []time.Duration) string {
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return took[int(share*float64(len(took)-1))].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, worst %s", at(0.5), at(0.9), at(0.99), at(1))
}

// processorTime returns what a process has used of a processor so far.
func processorTime(t *testing.T, p *harness.Process) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		t.Skip("this system does not say how much a process has done")
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // behind the name, which may hold anything
	var ticks int64
	for _, field := range strings.Fields(fields)[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100)
}

// listen opens a socket and tells when each notification arrives on it. It keeps little, since the client is on the same
// machine: no library, and one small buffer.
func listen(t *testing.T, address, token string, arrives func()) {
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
			arrives()
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
