package notifications_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
)

// source is an event stream as a client sees it, read as the HTML standard (9.2.6) says.
type source struct {
	t        testing.TB
	response *http.Response
	cancel   context.CancelFunc
	lines    *bufio.Reader
	contract *httpservertest.Messages
	lastID   string // of the last event that had one
	retry    string
	comments int
}

// happening is one event of a source.
type happening struct {
	message
	event string // its name
	id    string
}

// source asks for a stream; headers are pairs of name and value.
func (h *house) source(query string, headers ...string) *source {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+"/api/v1/notifications/stream"+query, nil)
	require.NoError(h.t, err)
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(r)
	require.NoError(h.t, err)
	h.t.Cleanup(func() {
		cancel()
		_ = response.Body.Close()
	})
	return &source{t: h.t, response: response, cancel: cancel, lines: bufio.NewReader(response.Body), contract: h.messages()}
}

// stream opens a stream with a token and takes its first event.
func (h *house) stream(token, query string, headers ...string) (*source, happening) {
	h.t.Helper()
	s := h.source(query, append(headers, "Authorization", "Bearer "+token)...)
	first := s.next()
	require.Equal(h.t, "ready", first.Type)
	return s, first
}

// refused expects that there is no stream, and returns the problem that is told instead.
func (s *source) refused(status int) (p httpserver.Problem) {
	s.t.Helper()
	body, err := io.ReadAll(s.response.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, status, s.response.StatusCode, "%s", body)
	require.Equal(s.t, "application/problem+json", s.response.Header.Get("Content-Type"))
	require.NoError(s.t, json.Unmarshal(body, &p))
	return p
}

// read returns the next event, or why there is none.
func (s *source) read() (e happening, err error) {
	if s.response.StatusCode != http.StatusOK || s.response.Header.Get("Content-Type") != "text/event-stream" {
		return e, errors.New("not an event stream: " + s.response.Status)
	}
	tooLong := time.AfterFunc(patience, s.cancel)
	defer tooLong.Stop()
	var data []string
	e.event, e.id = "message", s.lastID
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return e, err
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && data == nil: // an event without data is none
		case line == "":
			s.lastID = e.id
			text := []byte(strings.Join(data, "\n"))
			if err := s.contract.Check(text); err != nil {
				return e, err
			}
			return e, json.Unmarshal(text, &e.message)
		case field == "":
			s.comments++
		case field == "data":
			data = append(data, value)
		case field == "event":
			e.event = value
		case field == "id":
			e.id = value
		case field == "retry":
			s.retry = value
		default:
			return e, errors.New("unknown field: " + line)
		}
	}
}

func (s *source) next() happening {
	s.t.Helper()
	e, err := s.read()
	require.NoError(s.t, err)
	require.Equal(s.t, e.Type, e.event, "an event is named after its type")
	return e
}

// ends reads to the end, which must come.
func (s *source) ends() {
	s.t.Helper()
	for {
		_, err := s.read()
		if err != nil {
			require.NotErrorIs(s.t, err, context.Canceled, "the stream does not end")
			return
		}
	}
}
