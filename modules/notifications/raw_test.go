package notifications_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
)

// rawFrame is a frame as RFC 6455 (5.2) has it, its mask zero, with any first byte and any length that is claimed.
func rawFrame(first byte, masked bool, claimed uint64, payload string) []byte {
	frame := []byte{first, 127}
	frame = binary.BigEndian.AppendUint64(frame, claimed)
	if claimed < 126 {
		frame = []byte{first, byte(claimed)}
	}
	if masked {
		frame[1] |= 0x80
		frame = append(frame, 0, 0, 0, 0)
	}
	return append(frame, payload...)
}

// FuzzRawFrames: whatever bytes come on an open socket, they are answered or the socket is closed; nothing panics, nothing
// is left of the socket when its client is gone, and another socket does not notice.
func FuzzRawFrames(f *testing.F) {
	const text, binaryData, closing, ping, pong, final = 0x1, 0x2, 0x8, 0x9, 0xa, 0x80
	ack := `{"type":"ack","seq":1}`
	size := uint64(len(ack))
	for _, seed := range [][]byte{
		rawFrame(final|text, true, size, ack),
		rawFrame(final|text, false, size, ack),                                             // not masked
		rawFrame(final|0x40|text, true, size, ack),                                         // compressed, which was not agreed on
		rawFrame(final|0x3, true, size, ack),                                               // a kind that there is not
		rawFrame(final|text, true, size, ack[:5]),                                          // cut off
		rawFrame(final|text, true, 1<<63|1, ack),                                           // longer than anything
		rawFrame(final|text, true, 1<<62, ack),                                             // longer than memory
		rawFrame(final|binaryData, true, 0, ""),                                            // of nothing
		rawFrame(final|ping, true, 200, ack),                                               // too long for a ping
		rawFrame(ping, true, 0, ""),                                                        // a ping in pieces
		rawFrame(final|pong, true, size, ack),                                              // nobody asked
		rawFrame(final|closing, true, 1, "\x03"),                                           // half a code
		rawFrame(final|closing, true, 2, "\x03\xed"),                                       // a code that is never sent
		rawFrame(final|closing, true, 3, "\x03\xe8\xff"),                                   // a reason that is no text
		rawFrame(final, true, size, ack),                                                   // the end of nothing
		append(rawFrame(text, true, 5, ack[:5]), rawFrame(final|text, true, size, ack)...), // the first has not ended
		slicesOf(ack), bytes.Repeat(rawFrame(final|ping, true, 0, ""), 50), []byte("GET / HTTP/1.1\r\n\r\n"), nil,
	} {
		f.Add(seed)
	}
	log := &journal{}
	h := openLogged(f, dbtest.SQLite(f), log.handler(), func(c *notifications.Config) { c.StallLimit = 2 * patience })
	_, token := h.user()
	_, otherToken := h.user()
	other, _ := h.ready(otherToken, "")
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn := h.rawSocket(t, token)
		defer func() { _ = conn.Close() }()
		go func() {
			_, _ = conn.Write(sent)
			_ = conn.CloseWrite()
		}()
		_, err := io.Copy(io.Discard, conn) // to the end, which comes as a reset where the server has not read all of it
		var timeout net.Error
		require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the socket stays open")
		require.Eventually(t, func() bool { return h.sockets() == 1 }, patience, time.Millisecond)
		require.NotContains(t, log.String(), "panic")
		watching := *other
		watching.t = t
		watching.isAlive()
	})
}

// slicesOf is a message in pieces of one byte, with a ping between them.
func slicesOf(message string) (frames []byte) {
	for i := range len(message) {
		first := byte(0x0)
		if i == 0 {
			first = 0x1
		}
		if i == len(message)-1 {
			first |= 0x80
		}
		frames = append(frames, rawFrame(first, true, 1, message[i:i+1])...)
		frames = append(frames, rawFrame(0x89, true, 0, "")...)
	}
	return frames
}

// rawSocket opens a socket and leaves what is said on it to the test.
func (h *house) rawSocket(t *testing.T, token string) *net.TCPConn {
	t.Helper()
	address := strings.TrimPrefix(h.URL, "http://")
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", address, token)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	return conn.(*net.TCPConn)
}
