// Package nettest gives a test a network that can fail.
package nettest

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Wire is a way to a server that can be cut.
type Wire struct {
	Address string // host and port, in the place of the server's

	target string
	cuts   func(first []byte) bool

	mu    sync.Mutex
	cut   bool
	ended bool
	open  map[net.Conn]bool // whether it can be cut
}

// NewWire returns a wire to the server at an address, which ends with the test. The client must speak first. Of the
// connections those can be cut whose first bytes the function cuts wants; nil: all.
func NewWire(t testing.TB, target string, cuts func(first []byte) bool) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &Wire{Address: l.Addr().String(), target: target, cuts: cuts, open: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.end()
		running.Wait()
	})
	return w
}

// carry connects one client with the server.
func (w *Wire) carry(near net.Conn) {
	defer w.drop(near)
	if !w.keep(near, false) {
		return
	}
	first := make([]byte, 4<<10)
	n, err := near.Read(first)
	if err != nil {
		return
	}
	far, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	defer w.drop(far)
	can := w.cuts == nil || w.cuts(first[:n])
	if !w.keep(near, can) || !w.keep(far, can) {
		return
	}
	if _, err := far.Write(first[:n]); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	})
	_, _ = io.Copy(far, near)
	_ = far.Close()
	back.Wait()
}

// keep notes a connection. It reports whether that may be used.
func (w *Wire) keep(c net.Conn, canBeCut bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[c] = canBeCut
	return !w.ended && (!w.cut || !canBeCut)
}

func (w *Wire) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = c.Close()
	delete(w.open, c)
}

// Cut ends the connections that can be cut, and every new one at once.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for c, canBeCut := range w.open {
		if canBeCut {
			_ = c.Close()
		}
	}
}

// Mend makes connections possible again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}

func (w *Wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for c := range w.open {
		_ = c.Close()
	}
}
