package httpserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"

	"fasttrack/shared/ids"
)

// What net/http refuses before it has a request to hand on, no handler can answer: a head that it cannot read, or that
// is too large, gets plain text, written to the connection as a whole. So the connections of [Server.Serve] watch for
// such an answer and write a problem document in its place, with the headers that every answer has. They watch only while
// no handler has a request of theirs: what a handler writes may look like anything. TestWhatNoHandlerSees holds it against
// the net/http that it is built with.

// refusals is a listener whose connections do that.
type refusals struct {
	net.Listener
	server *Server
}

func (l refusals) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // net/http looks at what it is
	}
	return &refusing{Conn: conn, server: l.server}, nil
}

type refusing struct {
	net.Conn
	server   *Server
	answered atomic.Bool // a handler has the request: what is written is its answer
}

type refusingKey struct{}

// handled says that a request of the connection has reached a handler.
func handled(ctx context.Context) {
	if c, ok := ctx.Value(refusingKey{}).(*refusing); ok {
		c.answered.Store(true)
	}
}

// watch has the connections of a server know whether a handler has a request of theirs.
func watch(s *http.Server) {
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, refusingKey{}, conn)
	}
	s.ConnState = func(conn net.Conn, state http.ConnState) {
		if c, ok := conn.(*refusing); ok && state == http.StateIdle {
			c.answered.Store(false)
		}
	}
}

// Write writes bytes, or, where they are a refusal of net/http, the document that stands for it.
func (c *refusing) Write(p []byte) (int, error) {
	status := 0
	if !c.answered.Load() {
		status = refusedBy(p)
	}
	if status == 0 {
		return c.Conn.Write(p) //nolint:wrapcheck // as if there was nothing in between
	}
	if _, err := c.Conn.Write(c.server.refusal(status, c.RemoteAddr().String())); err != nil {
		return 0, err //nolint:wrapcheck // as above
	}
	return len(p), nil
}

// CloseWrite is what net/http calls after a refusal, so that the client reads it although it is still sending.
func (c *refusing) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite() //nolint:wrapcheck // as above
	}
	return nil
}

// plainRefusal is how the head of a refusal ends.
var (
	statusLine   = []byte("HTTP/1.1 ")
	plainRefusal = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
	expectation  = []byte("HTTP/1.1 417 ") // an Expect that is unknown; we never answer so
)

// refusedBy returns the status of an answer that net/http has given by itself, 0 if it is not one.
func refusedBy(p []byte) int {
	if !bytes.HasPrefix(p, statusLine) {
		return 0
	}
	line, _, _ := bytes.Cut(p, plainRefusal[:2])
	if !bytes.HasPrefix(p[len(line):], plainRefusal) && !bytes.HasPrefix(p, expectation) {
		return 0
	}
	status, err := strconv.Atoi(string(bytes.SplitN(line, []byte(" "), 3)[1]))
	if err != nil {
		return 0
	}
	return status
}

// refusal makes the whole answer, and has it logged and counted like any other.
func (s *Server) refusal(status int, from string) []byte {
	r := &http.Request{RemoteAddr: from, URL: &url.URL{}}
	req := &request{id: ids.New().String(), url: r.URL, client: clientIP(r, s.config.TrustedProxies)}
	p := newProblem(req, http.StatusBadRequest, codeMalformed, "the head of the request is not HTTP/1.1 that can be read")
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		p = newProblem(req, status, codeHeadTooLarge, fmt.Sprintf("the head of the request is larger than %d bytes", maxHeadBytes))
	case http.StatusExpectationFailed:
		p = newProblem(req, status, codeExpectationFailed, "Expect must be 100-continue, or missing")
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Errorf("marshal a problem: %w", err))
	}
	header := s.everyHeader()
	header.Set(headerRequestID, req.id)
	header.Set("Content-Type", p.ContentType(""))
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("Connection", "close")
	var answer bytes.Buffer
	fmt.Fprintf(&answer, "HTTP/1.1 %d %s\r\n", p.Status, p.Title)
	_ = header.Write(&answer) // into memory
	answer.WriteString("\r\n")
	answer.Write(body)
	s.report(context.Background(), req, Answered{Status: p.Status, Bytes: int64(len(body))})
	return answer.Bytes()
}
