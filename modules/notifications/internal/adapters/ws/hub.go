package ws

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/olahol/melody"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/application/feeder"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Config says how sockets behave.
type Config struct {
	PingInterval time.Duration // how often a client is sent a ping, which it must answer within half of it
	MaxPerUser   int           // how many sockets a user may have open
	StallLimit   time.Duration // how long a socket may not get a single message written
	SendBuffer   int           // messages of a socket that wait to be written, more than feeder.Window
	Origins      []string      // of pages that may connect, beside our own; a "*" stands for anything
	Observer     Observer
}

const (
	sweepInterval  = 500 * time.Millisecond // how late an expired token or a stalled socket is noticed
	shutdownSpread = 500 * time.Millisecond // over which all clients are told to come back
)

// Hub knows all open sockets of this process.
type Hub struct {
	config  Config
	api     *httpserver.API
	service *application.Service
	feeder  *feeder.Feeder
	now     clock.Clock
	log     *slog.Logger
	melody  *melody.Melody

	mu       sync.Mutex
	sockets  map[ids.ID][]*socket // by user
	stopping bool
	running  sync.WaitGroup // every goroutine that belongs to a socket
}

// New returns a hub without sockets. Whoever makes it registers [Hub.Open] and [Hub.Revoked].
func New(
	config Config, api *httpserver.API, service *application.Service, feeder *feeder.Feeder, now clock.Clock,
	log *slog.Logger,
) *Hub {
	h := &Hub{
		config: config, api: api, service: service, feeder: feeder, now: now, log: log,
		sockets: map[ids.ID][]*socket{},
	}
	h.melody = h.newMelody()
	return h
}

// Run looks after the open sockets until ctx is done, tells all of them to come back later, and returns when the last
// of them is closed.
func (h *Hub) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			h.sweep()
		}
	}
	h.stop()
	return nil
}

// sweep closes the sockets whose token has expired or whose client does not keep up.
func (h *Hub) sweep() {
	now := h.now()
	for _, s := range h.all() {
		switch {
		case s.expired(now):
			s.close(closeUnauthenticated, reasonExpired)
		case s.stalledFor() >= h.config.StallLimit:
			s.close(closeTooSlow, reasonStalled)
		}
	}
}

// stop closes all sockets, each a little later than the other, so that their clients do not come back at once.
func (h *Hub) stop() {
	h.mu.Lock()
	h.stopping = true
	h.mu.Unlock()
	for _, s := range h.all() {
		time.AfterFunc(rand.N(shutdownSpread), func() { //nolint:gosec // jitter
			s.close(melody.CloseGoingAway, reasonStopping)
		})
	}
	h.running.Wait()
}

// Revoked closes the sockets of sessions that have ended. It returns at once.
func (h *Hub) Revoked(r auth.Revocation) {
	for _, s := range h.of(r.UserID) {
		if r.Covers(s.who) {
			s.close(closeUnauthenticated, reasonEnded)
		}
	}
}

// Len returns the number of open sockets.
func (h *Hub) Len() int { return len(h.all()) }

func (h *Hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*socket, 0, len(h.sockets))
	for _, sockets := range h.sockets {
		all = append(all, sockets...)
	}
	return all
}

func (h *Hub) of(userID ids.ID) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.sockets[userID])
}

// begin counts a goroutine for a new socket. It fails once the hub is stopping.
func (h *Hub) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping {
		return false
	}
	h.running.Add(1)
	return true
}

// add gives a socket its place in the index. It fails if the user has as many as are allowed.
func (h *Hub) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := s.who.UserID
	if len(h.sockets[user]) >= h.config.MaxPerUser {
		return false
	}
	h.sockets[user] = append(h.sockets[user], s)
	return true
}

// remove takes a socket out of the index.
func (h *Hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := s.who.UserID
	left := slices.DeleteFunc(h.sockets[user], func(other *socket) bool { return other == s })
	if len(left) == 0 {
		delete(h.sockets, user)
		return
	}
	h.sockets[user] = left
}
