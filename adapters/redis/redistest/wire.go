package redistest

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Wire is a way to Redis that can be cut.
type Wire struct {
	URL string // of Redis, through the wire

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// NewWire returns a wire to the Redis at a URL, which ends with the test.
func NewWire(t testing.TB, url string) *Wire {
	t.Helper()
	options, err := goredis.ParseURL(url)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &Wire{URL: strings.Replace(url, options.Addr, l.Addr().String(), 1)}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", options.Addr)
			if err != nil {
				_ = near.Close()
				continue
			}
			if w.keep(near, far) {
				running.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
				running.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
			}
		}
	})
	t.Cleanup(func() { _ = l.Close(); w.Cut(); running.Wait() })
	return w
}

// keep reports whether a connection may be used, and closes it if not.
func (w *Wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, conns...)
	if w.cut {
		w.hangUp()
	}
	return !w.cut
}

func (w *Wire) hangUp() {
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// Cut ends all connections, and every new one at once.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	w.hangUp()
}

// Mend makes connections possible again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}
