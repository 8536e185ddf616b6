package ws

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"

	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/application/feeder"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
)

// closeGrace is how long a client has to take a close code, and then to answer it.
const closeGrace = time.Second

// socket is one open connection of a user. It is the sink of one follower.
type socket struct {
	hub      *Hub
	who      auth.Principal // but for the expiry, which is renewed
	follower *feeder.Follower
	shaken   chan struct{} // closed once hands are shaken, or will not be; nil from then on
	gone     chan struct{} // closed once nothing of it runs any more

	start application.Start
	acked int64 // marked read up to here; used by the goroutine that reads

	expires   atomic.Int64 // of the token, in microseconds of Unix time
	unwritten atomic.Int32 // messages that were handed to melody and are not written
	moved     atomic.Int64 // since when that is so, in nanoseconds since the program's start

	mu      sync.Mutex
	session *melody.Session // nil until hands are shaken
	closing int             // the code it is closed with; 0: it is open
	reason  string          // why, as the client is told
	failure error           // the first that the connection met
	over    bool            // nothing may be started for it any more
	halted  bool            // nothing can be written any more
	room    sync.Cond       // for a message to be written, or nothing any more
}

func newSocket(h *Hub, who auth.Principal) *socket {
	s := &socket{hub: h, who: who, shaken: make(chan struct{}), gone: make(chan struct{})}
	s.room.L = &s.mu
	s.expires.Store(who.ExpiresAt.UnixMicro())
	return s
}

// connected greets the client and lets the feed flow. It is called before anything is written.
func (s *socket) connected(session *melody.Session) {
	defer s.shake()
	s.mu.Lock()
	s.session = session
	code, reason := s.closing, s.reason
	s.mu.Unlock()
	if code != 0 {
		s.part(code, reason)
		return
	}
	s.write(ready(s.who, s.start.After, s.hub.now()))
	if s.start.Resync {
		s.write(resyncRequired)
	}
	s.follower.Start(s.start.After, s.start.End)
}

// shake says that hands are shaken, or will not be.
func (s *socket) shake() {
	close(s.shaken)
	s.shaken = nil
}

// ended is called when melody is done with the socket, or did not even begin.
func (s *socket) ended() {
	s.leave()
	s.mu.Lock()
	s.over = true
	shaken, left := s.session != nil, s.closing == 0
	s.mu.Unlock()
	if !shaken {
		s.shake()
	} else if left {
		s.logLeft()
	}
	close(s.gone)
}

// leave takes the socket out of everything that might reach it.
func (s *socket) leave() {
	s.hub.remove(s)
	if s.follower != nil {
		s.follower.Leave()
	}
}

// close ends the socket with a code. It returns at once; only the first call counts.
func (s *socket) close(code int, reason string) {
	if s.markClosing(code, reason) {
		s.part(code, reason)
	}
}

// markClosing decides with which code the socket ends, and logs it; only the first call counts. It reports whether the
// caller is to send the code. A socket that is not connected yet sends it when it is.
func (s *socket) markClosing(code int, reason string) bool {
	s.leave()
	s.mu.Lock()
	if s.closing != 0 || s.over {
		s.mu.Unlock()
		return false
	}
	s.closing, s.reason = code, reason
	connected := s.session != nil
	s.halted = true
	s.room.Broadcast()
	s.mu.Unlock()
	s.logClosing(code, reason)
	return connected
}

// part says the code and cuts the connection when the client has answered, or does not. It has a goroutine of its own,
// since whoever is too slow for messages is too slow for a code as well.
func (s *socket) part(code int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.hub.running.Go(func() {
		conn := s.session.WebsocketConnection()
		if s.say(code, reason) {
			grace := time.NewTimer(closeGrace)
			defer grace.Stop()
			select {
			case <-s.gone:
			case <-grace.C:
			}
		} else if tcp, ok := conn.NetConn().(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // or the system would keep for minutes what the client does not take
		}
		_ = conn.Close()
	})
}

// say sends the close code past everything that waits to be written.
func (s *socket) say(code int, reason string) bool {
	message := websocket.FormatCloseMessage(code, reason)
	err := s.session.WebsocketConnection().WriteControl(websocket.CloseMessage, message, clock.In(closeGrace))
	return err == nil
}

// halt ends the wait for room.
func (s *socket) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted = true
	s.room.Broadcast()
}

// isClosing reports whether nothing is to be written any more.
func (s *socket) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing != 0
}

// write hands a message to melody. It does not block: if there is no room the socket is closed.
func (s *socket) write(message []byte) {
	if s.isClosing() {
		return
	}
	if s.unwritten.Load() == 0 {
		s.moved.Store(int64(clock.Monotonic())) // before the message counts, or it would seem to wait since the last one
	}
	s.unwritten.Add(1)
	_ = s.session.Write(message)
}

// answer is write for the goroutine that reads. While [feeder.Window] messages are unwritten it blocks, so a client that
// sends messages without reading the answers is not read from either. melody's buffer has room for a full window of
// answers and a full window of notifications.
func (s *socket) answer(message []byte) {
	if s.awaitRoom() {
		s.write(message)
	}
}

// awaitRoom reports whether there is room before nothing can be written any more.
func (s *socket) awaitRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.unwritten.Load() >= feeder.Window {
		if s.halted {
			return false
		}
		s.room.Wait()
	}
	return true
}

// written is told that one message is on its way to the client.
func (s *socket) written() {
	s.moved.Store(int64(clock.Monotonic()))
	left := s.unwritten.Add(-1)
	s.mu.Lock() // whoever has seen that there is no room waits by now
	s.room.Broadcast()
	s.mu.Unlock()
	if left <= feeder.Window/2 {
		s.follower.Continue()
	}
}

// Room implements feeder.Sink. Between a full window and a half-empty one there is none, so that the feed is read in
// few and full pieces.
func (s *socket) Room() int {
	if left := feeder.Window - int(s.unwritten.Load()); left >= feeder.Window/2 {
		return left
	}
	return 0
}

// Deliver implements feeder.Sink.
func (s *socket) Deliver(next []domain.Notification) {
	for _, n := range next {
		if n.IsEndOf(s.who.SessionID) {
			s.close(closeUnauthenticated, reasonEnded)
			return
		}
		s.write(notified(n))
		s.hub.observe(n, s.start)
	}
}

// Lose implements feeder.Sink.
func (s *socket) Lose() { s.write(resyncRequired) }

func (s *socket) principal() auth.Principal { return s.who }

func (s *socket) sweep(now time.Time) {
	switch {
	case now.UnixMicro() >= s.expires.Load():
		s.close(closeUnauthenticated, reasonExpired)
	case s.stalledFor() >= s.hub.config.StallLimit:
		s.close(closeTooSlow, reasonStalled)
	}
}

func (s *socket) revoked() { s.close(closeUnauthenticated, reasonEnded) }

// stop comes to each socket a little later than to the other, so that their clients do not come back at once.
func (s *socket) stop() {
	time.AfterFunc(rand.N(shutdownSpread), func() { //nolint:gosec // jitter
		s.close(melody.CloseGoingAway, reasonStopping)
	})
}

// stalledFor returns for how long messages have waited without a single one being written.
func (s *socket) stalledFor() time.Duration {
	if s.unwritten.Load() == 0 {
		return 0
	}
	return clock.Monotonic() - time.Duration(s.moved.Load())
}
