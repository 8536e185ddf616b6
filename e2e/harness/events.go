package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// EventStream is an open event stream of a user. It is read by one goroutine.
type EventStream struct {
	LastID string // that of the last event which had one, for the next stream

	client   *Client
	response *http.Response
	lines    *bufio.Reader
	cancel   context.CancelFunc
}

// Follow opens an event stream behind the event with the id; "" is from now on.
func (c *Client) Follow(lastID string) (*EventStream, error) {
	request, err := c.Request(http.MethodGet, prefix+"/notifications/stream", nil,
		Header{"Accept", "text/event-stream"}, Header{"Last-Event-ID", lastID})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	s := &EventStream{lastID, c, response, bufio.NewReader(response.Body), cancel}
	c.t.Cleanup(s.Close)
	if response.StatusCode != http.StatusOK {
		s.Close()
		return nil, fmt.Errorf("no event stream: %s", response.Status)
	}
	return s, nil
}

// Next waits for the next event, whose data is held against the AsyncAPI document. An error is the stream's end.
func (s *EventStream) Next() (m Message, err error) {
	late := time.AfterFunc(Patience, s.cancel)
	defer late.Stop()
	data, id := "", s.LastID
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return m, err
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "data":
			data = value
		case "id":
			id = value
		case "":
			if line == "" && data != "" {
				s.LastID = id
				return m, errors.Join(s.client.messages.Check([]byte(data)), json.Unmarshal([]byte(data), &m))
			}
		}
	}
}

// Close ends the stream.
func (s *EventStream) Close() {
	s.cancel()
	_ = s.response.Body.Close()
}
