package notifications

import (
	"cmp"
	"context"
	"sync"
	"time"

	"fasttrack/adapters/module"
	"fasttrack/adapters/replica"
	"fasttrack/modules/notifications/internal/adapters/gormstore"
	"fasttrack/modules/notifications/internal/adapters/httpapi"
	"fasttrack/modules/notifications/internal/adapters/ws"
	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/application/feeder"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Config says how the module behaves. What is zero has a default.
type Config struct {
	// Revocations tells which sessions have ended, so that their sockets are closed. Required.
	Revocations auth.Revocations
	// PingInterval is how often a socket's client is sent a ping, 30 s by default. It must answer within half of it.
	PingInterval time.Duration
	// MaxPerUser is how many sockets and event streams a user may have open on this node, 20 by default.
	MaxPerUser int
	// StallLimit is how long a socket or stream may go without getting a single message written, 10 s by default.
	StallLimit time.Duration
	// SendBuffer is how many messages of a socket may wait to be written, 16 by default and at least.
	SendBuffer int
	// Retention is how long a notification is kept, 720 h by default.
	Retention time.Duration
	// SocketClosed is told of each socket that the server closes, and Delivered of each notification that was handed to
	// a socket so long after it was made, replays left out. Both may be nil, and return quickly.
	SocketClosed func(code int)
	Delivered    func(lag time.Duration)
	// Origins are those of pages that may open a socket beside our own, as for CORS; a "*" in one stands for a part of
	// the host, and alone for any origin.
	Origins []string
}

const minSendBuffer = 2 * feeder.Window

func (c Config) withDefaults() Config {
	c.PingInterval = cmp.Or(c.PingInterval, 30*time.Second)
	c.MaxPerUser = cmp.Or(c.MaxPerUser, 20)
	c.StallLimit = cmp.Or(c.StallLimit, 10*time.Second)
	c.Retention = cmp.Or(c.Retention, 720*time.Hour)
	c.SendBuffer = max(c.SendBuffer, minSendBuffer)
	return c
}

// Module is the door to the notifications context. It is a module.Runner.
type Module struct {
	feeder *feeder.Feeder
	hub    *ws.Hub
}

// New wires the module: it registers its routes, its subscriptions, and itself with the revocations.
func New(d module.Deps, c Config) *Module {
	c = c.withDefaults()
	feeds, kept := gormstore.New(d.DB), gormstore.NewTickets(d.DB)
	replica.NewUsers(d.Bus, d.DB, "notifications", "notification_users", replica.WithEmail)
	var mails *application.Mails
	if d.Mail != nil {
		mails = application.NewMails(d.DB, gormstore.NewMails(d.DB), d.Jobs, d.Mail, d.Clock, d.Log)
	}
	application.NewRetention(d.DB, feeds, kept, d.Jobs, d.Clock, c.Retention)
	d.Statistics.Keep(feeds.Statistics)
	service := application.New(application.Parts{
		Work: d.DB, Feeds: feeds, Mails: mails, Bus: d.Bus, Now: d.Clock, NewID: d.NewID,
	})
	follow := feeder.New(feeds, d.Log)
	tickets := application.NewTickets(d.DB, kept, d.Clock)
	hub := ws.New(ws.Config{
		PingInterval: c.PingInterval, MaxPerUser: c.MaxPerUser, StallLimit: c.StallLimit, SendBuffer: c.SendBuffer,
		Origins: c.Origins, Observer: ws.Observer{Closed: c.SocketClosed, Delivered: c.Delivered},
	}, d.API, service, tickets, follow, d.Clock, d.Log)

	httpapi.Register(d.API, service, tickets, d.Cursors)
	ws.Register(d.API, hub)
	c.Revocations.OnRevoked(hub.Revoked)

	eventbus.Publishes[events.NotificationsAppended](d.Bus, "notifications")
	eventbus.BeforeCommit(d.Bus, "notifications.notify", service.Notify, domain.Kinds()...)
	eventbus.AfterCommit(d.Bus, "notifications.push", hintKey, laterHint,
		func(_ context.Context, e events.NotificationsAppended) error {
			follow.Hint(e.UserID, e.LastSeq)
			d.Broadcast.Publish(broadcast.Hint{Topic: topic, Key: e.UserID.String(), Number: e.LastSeq})
			return nil
		})
	d.Broadcast.Subscribe(topic, func(h broadcast.Hint) {
		if user, err := ids.Parse(h.Key); err == nil {
			follow.Hint(user, h.Number)
		}
	})
	return &Module{follow, hub}
}

// topic is that of the hints between nodes: that the feed of the user whose id is the key has reached a number.
const topic = "notifications.feeds"

func hintKey(e events.NotificationsAppended) string { return e.UserID.String() }

func laterHint(a, b events.NotificationsAppended) events.NotificationsAppended {
	if a.LastSeq > b.LastSeq {
		return a
	}
	return b
}

// Sockets returns how many sockets and event streams are open on this node.
func (m *Module) Sockets() int { return m.hub.Len() }

// Run serves the sockets and event streams until ctx is done. It then tells all clients that the server goes away (1001),
// and returns when every one is closed, a few seconds later at most. It needs the database until then, and identity's
// authenticator.
func (m *Module) Run(ctx context.Context) error {
	var running sync.WaitGroup
	feeding, stop := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() { _ = m.feeder.Run(feeding) })
	err := m.hub.Run(ctx)
	stop()
	running.Wait()
	return err
}
