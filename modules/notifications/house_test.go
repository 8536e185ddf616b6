package notifications_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// house is the module alone on a database, served over HTTP and fed with events.
type house struct {
	*httpservertest.Server
	t      testing.TB
	db     *database.DB
	bus    *eventbus.Bus
	module *notifications.Module
	ahead  atomic.Int64 // how far its clock is ahead of the real one, in nanoseconds
	end    func()       // stops the module and returns when it has ended
}

// open starts the module. The options change its configuration.
func open(t testing.TB, db *database.DB, options ...func(*notifications.Config)) *house {
	t.Helper()
	h := &house{t: t, db: db}
	now := func() time.Time { return clock.System().Add(time.Duration(h.ahead.Load())) }
	log := slog.New(slog.DiscardHandler)

	h.bus = eventbus.New(log, eventbus.WithShuffle(rand.New(rand.NewPCG(1, 2))))
	db.Use(h.bus)
	eventbus.Publishes[events.TaskAssigned](h.bus, "tasks")
	eventbus.Publishes[events.TaskUnassigned](h.bus, "tasks")
	eventbus.Publishes[events.TaskStatusChanged](h.bus, "tasks")
	eventbus.Publishes[events.CommentAdded](h.bus, "comments")
	eventbus.Publishes[events.SessionEnded](h.bus, "identity")

	revocations := &listeners{}
	config := notifications.Config{Revocations: revocations}
	for _, option := range options {
		option(&config)
	}
	h.Server = httpservertest.NewWith(t, httpserver.Config{Clock: now}, func(s *httpserver.Server) {
		h.module = notifications.New(module.Deps{
			DB: db, Bus: h.bus, API: s.API(), Cursors: page.NewCodec([]byte("key")), Clock: now, NewID: ids.New, Log: log,
		}, config)
	})
	h.Tokens.OnRevoked(revocations.tell)
	h.bus.Freeze()

	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- h.bus.Run(ctx) }()
	go func() { ended <- h.module.Run(ctx) }()
	h.end = func() {
		cancel()
		for range cap(ended) {
			select {
			case err := <-ended:
				require.NoError(t, err)
				ended <- nil // for the next who asks
			case <-time.After(patience):
				t.Error("the module does not end")
				return
			}
		}
	}
	t.Cleanup(h.end)
	return h
}

// listeners collects who wants to know of revocations until there is somebody who tells.
type listeners []func(auth.Revocation)

func (l *listeners) OnRevoked(listener func(auth.Revocation)) { *l = append(*l, listener) }

func (l *listeners) tell(r auth.Revocation) {
	for _, listener := range *l {
		listener(r)
	}
}

// publish lets events happen in one unit of work.
func (h *house) publish(happened ...eventbus.Event) error {
	return h.db.Do(context.Background(), func(ctx context.Context) error {
		for _, e := range happened {
			if err := h.bus.Publish(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) happens(happened ...eventbus.Event) {
	h.t.Helper()
	require.NoError(h.t, h.publish(happened...))
}

var ann = events.Person{ID: ids.New(), Name: "Ann"}

// assigned tells a user of a task with the title.
func assigned(user ids.ID, title string) events.TaskAssigned {
	return events.TaskAssigned{
		Task: events.Task{
			TaskID: ids.New(), Title: title, Status: "todo", Priority: "medium", AssigneeID: &user, CreatedBy: ann.ID,
			ProjectID: ids.New(), ProjectName: "Garden", ProjectOwnerID: ann.ID,
		},
		By: ann, At: clock.System(),
	}
}

// sessionEnded ends the session of a user.
func sessionEnded(who auth.Principal, reason string) events.SessionEnded {
	return events.SessionEnded{SessionID: who.SessionID, UserID: who.UserID, Reason: reason, At: clock.System()}
}

// assigns tells a user of n tasks, each in a unit of work of its own; their titles are the numbers from first on.
func (h *house) assigns(user ids.ID, first, n int) {
	h.t.Helper()
	for i := range n {
		h.happens(assigned(user, fmt.Sprint(first+i)))
	}
}

// sockets returns how many sockets are open.
func (h *house) sockets() int { return h.module.Sockets() }
