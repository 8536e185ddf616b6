package e2e

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestNothingThatIsSentMakesTheServerFail bends a well-formed request for every operation of the document in every way
// that mutations.go knows, one at a time. The answer is never a 5xx, and a refusal is always the problem document.
func TestNothingThatIsSentMakesTheServerFail(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		w := newWorld(t, p)
		for turn, o := range p.Operations() {
			if !isTried(name(o)) {
				continue
			}
			s := w.aim(o)
			a := w.fire(s)
			w.judge(s, "unbent", a)
			if o.ID != "open-socket" && o.ID != "stream-notifications" {
				require.Less(t, a.Status, 300, "%s: unbent it must be done, or the rest says little\n%s", s, a.Body)
			}
			w.recover(s, a)
			for i, m := range mutations(o, w.actor.Tokens.AccessToken) {
				// What is the same for all operations need not be done to each.
				if i%harness.Sparse != 0 || m.edge && (p.Config.IsPostgres() || (i+turn)%4 != 0) {
					continue
				}
				s := w.aim(o)
				m.apply(s)
				a := w.fire(s)
				w.judge(s, o.ID+", "+m.name, a)
				w.recover(s, a)
			}
		}
		require.Empty(t, p.Log.Lines("panic"), "something panicked")
	})
}

// FuzzRequests bends requests in several ways at once; what an input does depends on its numbers alone. Run longer by
//
//	go test ./e2e -run '^$' -fuzz FuzzRequests -fuzztime 10m
func FuzzRequests(f *testing.F) {
	p := harness.Start(f, dbtest.URL(f, database.SQLite))
	w := newWorld(f, p)
	operations := p.Operations()
	for i := range operations {
		f.Add(uint16(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, operation uint16, seed uint64) {
		w.on(t)
		defer w.on(f)
		o := operations[int(operation)%len(operations)]
		random := rand.New(rand.NewPCG(seed, 0))
		all := mutations(o, w.actor.Tokens.AccessToken)
		s := w.aim(o)
		var names []string
		for range 1 + random.IntN(4) {
			m := all[random.IntN(len(all))]
			m.apply(s)
			names = append(names, m.name)
		}
		if random.IntN(3) == 0 && s.body != nil {
			s.body = garble(s.body, random.IntN)
			names = append(names, "garbled")
		}
		a := w.fire(s)
		w.judge(s, o.ID+", "+strings.Join(names, ", "), a)
		w.recover(s, a)
	})
}

// on has failures reported to another test.
func (w *world) on(t testing.TB) {
	w.t = t
	p := *w.p
	p.Client = p.On(t)
	w.p = &p
	w.root.Client, w.actor.Client, w.victim.Client = w.root.On(t), w.actor.On(t), w.victim.On(t)
}

// TestWhatIsForeignDoesNotExist: for a stranger every route that names a thing answers as if there were none.
func TestWhatIsForeignDoesNotExist(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		w := newWorld(t, p)
		stranger := p.Register("Mallory")
		w.ids["notifications"] = w.victimsNotification()
		tried := 0
		for _, o := range p.Operations() {
			if !strings.Contains(o.Path, "{id}") {
				continue
			}
			tried++
			s := w.aim(o)
			s.headers.Set("Authorization", "Bearer "+stranger.Tokens.AccessToken)
			foreign := w.fire(s)
			// These routes are for admins as a whole.
			if strings.HasPrefix(o.Path, "/api/v1/users/") || strings.HasPrefix(o.Path, "/api/v1/admin/") {
				foreign.WantsProblem(http.StatusForbidden, "forbidden")
				continue
			}
			told := foreign.WantsProblem(http.StatusNotFound, "not_found")
			s.path = withID(o.Path, "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55")
			nothing := w.fire(s).WantsProblem(http.StatusNotFound, "not_found")
			nothing.RequestID = told.RequestID
			require.Equal(t, nothing, told, "%s tells what is foreign from what is not there", o.ID)
		}
		require.GreaterOrEqual(t, tried, 12)
		require.Empty(t, harness.All[harness.Task](stranger.Client, "/tasks"))
		require.Empty(t, harness.All[harness.Task](stranger.Client, "/tasks?project_id="+w.ids["projects"]))
		require.Len(t, harness.All[harness.Project](stranger.Client, "/projects"), 1, "the Inbox")
		stranger.Get("/projects?scope=all").WantsProblem(http.StatusForbidden, "forbidden")
		w.victim.Get("/projects/" + w.ids["projects"]).Wants(200)
		w.victim.Get("/comments/" + w.ids["comments"]).Wants(200)
	})
}

func (w *world) victimsNotification() string {
	w.actor.Comment(w.ids["tasks"], "From above")
	feed := w.victim.Feed()
	return feed[len(feed)-1].ID
}

// TestWhatIsHardlyHTTPDoesNoHarm: what net/http itself refuses is refused, and the server goes on.
func TestWhatIsHardlyHTTPDoesNoHarm(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	host := strings.TrimPrefix(p.URL, "http://")
	for _, raw := range []string{
		"\x00\x01\x02\x03\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: "+strings.Repeat("x", 1000)+"\r\n", 200) + "\r\n",
		"GET /" + strings.Repeat("x", 200_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" +
			"Content-Length: 3\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
		"GET http://evil.example/api/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nExpect: everything\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", host)
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(harness.Patience)))
		_, _ = conn.Write([]byte(raw))
		_ = conn.(*net.TCPConn).CloseWrite()
		if response, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			// 501 and 505 are net/http's words for a transfer coding and a version that do not exist.
			require.True(t, response.StatusCode < 500 || slices.Contains([]int{501, 505}, response.StatusCode),
				"%.80q: %d", raw, response.StatusCode)
			require.NoError(t, response.Body.Close())
		}
		require.NoError(t, conn.Close())
	}
	p.Do("GET", "/readyz", nil).Wants(200)
}

// TestOddFramesDoNoHarm: whatever a client says on a socket is answered by an error, or by the end of that socket.
func TestOddFramesDoNoHarm(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	ann := p.Register("Ann")
	socket := ann.Socket("")
	for _, frame := range append([]string{
		`{"type":"ack"}`, `{"type":"ack","seq":-1}`, `{"type":"ack","seq":99999999999999999999}`, `{"type":"ack","seq":"1"}`,
		`{"type":"ack","seq":7}`, `{"type":"authenticate"}`, `{"type":"authenticate","token":"x"}`,
		`{"type":"authenticate","token":` + quoted(ann.Tokens.RefreshToken) + `}`, `{"type":["ack"]}`, `{"type":"ready"}`,
	}, oddJSON...) {
		if len(frame) > 4000 || !utf8.ValidString(frame) {
			continue // those end the socket: below
		}
		socket.Send(frame)
		require.Contains(t, []string{"error"}, socket.Next().Type, "%q", frame)
	}
	huge := ann.Socket("")
	// The server closes as soon as it has read how long the frame is, which may be before all of it is written.
	_ = huge.TrySend(`{"type":"` + strings.Repeat("x", 10_000) + `"}`)
	huge.ExpectClose(1009)
	garbled := ann.Socket("")
	garbled.Send("\xff\xfe")
	garbled.ExpectClose(1007)
	socket.ExpectNothing()
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
