package ws

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/olahol/melody"
	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// The rule: a full buffer is told from a lack of progress. (No client can cause it: the feeder keeps to the window.)
func TestAFullBufferHasItsOwnReason(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	hub := &Hub{open: map[ids.ID][]connection{}, log: slog.New(slog.NewTextHandler(&log, nil))}
	s := newSocket(hub, auth.Principal{UserID: ids.New(), SessionID: ids.New()})
	s.unwritten.Store(17)
	s.failed(melody.ErrMessageBufferFull)
	s.failed(melody.ErrMessageBufferFull)
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("\n")), "%s", log.String())
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), `code=4409 reason="too slow: too many messages wait to be written" unwritten=17`)
}
