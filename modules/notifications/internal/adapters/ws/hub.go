package ws

import (
	"context"
	"log/slog"
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
	MaxPerUser   int           // how many sockets and event streams a user may have open
	StallLimit   time.Duration // how long a socket may not get a single message written
	SendBuffer   int           // messages of a socket that wait to be written, more than feeder.Window
	Origins      []string      // of pages that may connect, beside our own; a "*" stands for anything
	Observer     Observer
}

const (
	sweepInterval  = 500 * time.Millisecond // how late an expired token or a stalled client is noticed
	shutdownSpread = 500 * time.Millisecond // over which all clients are told to come back
)

// connection is one client that follows a feed: a socket, or an event stream. Whatever is called returns at once.
type connection interface {
	principal() auth.Principal
	sweep(now time.Time) // ends it if its token has expired or its client does not keep up
	revoked()            // ends it since its session has ended
	stop()               // ends it since the server stops
}

// Hub knows all open sockets and event streams of this process.
type Hub struct {
	config  Config
	api     *httpserver.API
	service *application.Service
	tickets *application.Tickets
	feeder  *feeder.Feeder
	now     clock.Clock
	log     *slog.Logger
	melody  *melody.Melody

	mu       sync.Mutex
	open     map[ids.ID][]connection // by user
	stopping bool
	running  sync.WaitGroup // every goroutine that belongs to a connection
}

// New returns a hub without connections. Whoever makes it calls [Register], and registers [Hub.Revoked].
func New(
	config Config, api *httpserver.API, service *application.Service, tickets *application.Tickets, feeder *feeder.Feeder,
	now clock.Clock, log *slog.Logger,
) *Hub {
	h := &Hub{
		config: config, api: api, service: service, tickets: tickets, feeder: feeder, now: now, log: log,
		open: map[ids.ID][]connection{},
	}
	h.melody = h.newMelody()
	return h
}

// Run looks after the open connections until ctx is done, ends all of them, and returns when the last of them is closed.
// Sockets are told to come back.
func (h *Hub) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	var all []connection // kept, or each sweep would leave a list of all of them behind
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			now := h.now()
			all = h.appendAll(all[:0])
			for _, c := range all {
				c.sweep(now)
			}
			clear(all)
		}
	}
	h.stop()
	return nil
}

func (h *Hub) stop() {
	h.mu.Lock()
	h.stopping = true
	h.mu.Unlock()
	for _, c := range h.appendAll(nil) {
		c.stop()
	}
	h.running.Wait()
}

// Revoked ends the connections of sessions that have ended. It returns at once.
func (h *Hub) Revoked(r auth.Revocation) {
	for _, c := range h.of(r.UserID) {
		if r.Covers(c.principal()) {
			c.revoked()
		}
	}
}

// Len returns the number of open connections.
func (h *Hub) Len() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, connections := range h.open {
		n += len(connections)
	}
	return n
}

func (h *Hub) appendAll(all []connection) []connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, connections := range h.open {
		all = append(all, connections...)
	}
	return all
}

func (h *Hub) of(userID ids.ID) []connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.open[userID])
}

// begin counts a goroutine for a new connection. It fails once the hub is stopping.
func (h *Hub) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping {
		return false
	}
	h.running.Add(1)
	return true
}

// add gives a connection its place in the index. It fails if the user has as many as are allowed.
func (h *Hub) add(c connection) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := c.principal().UserID
	if len(h.open[user]) >= h.config.MaxPerUser {
		return false
	}
	h.open[user] = append(h.open[user], c)
	return true
}

// remove takes a connection out of the index.
func (h *Hub) remove(c connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := c.principal().UserID
	left := slices.DeleteFunc(h.open[user], func(other connection) bool { return other == c })
	if len(left) == 0 {
		delete(h.open, user)
		return
	}
	h.open[user] = left
}
