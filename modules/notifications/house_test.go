package notifications_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/mail"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// house is the module alone on a database, served over HTTP and fed with events.
type house struct {
	*moduletest.World
	t      testing.TB
	module *notifications.Module
	queue  *jobs.Queue  // does nothing until a test runs it
	ahead  atomic.Int64 // how far its clock is ahead of the real one, in nanoseconds
	end    func()       // stops the module and returns when it has ended

	once     sync.Once
	contract *httpservertest.Messages // see messages
}

// open starts the module. The options change its configuration.
func open(t testing.TB, db *database.DB, options ...func(*notifications.Config)) *house {
	t.Helper()
	return openLogged(t, db, slog.DiscardHandler, options...)
}

// openLogged is open with a log that the test reads.
func openLogged(t testing.TB, db *database.DB, log slog.Handler, options ...func(*notifications.Config)) *house {
	t.Helper()
	return openMailing(t, db, log, nil, options...)
}

// openMailing is openLogged with what sends mail.
func openMailing(
	t testing.TB, db *database.DB, log slog.Handler, mailer mail.Mailer, options ...func(*notifications.Config),
) *house {
	t.Helper()
	h := &house{t: t}
	now := func() time.Time { return clock.System().Add(time.Duration(h.ahead.Load())) }
	revocations := &listeners{}
	config := notifications.Config{Revocations: revocations}
	for _, option := range options {
		option(&config)
	}
	h.World = moduletest.New(t, db, func(d module.Deps) {
		var err error
		h.queue, err = jobs.New(d.DB, jobs.Config{Retry: 10 * time.Millisecond}, d.Log)
		require.NoError(t, err)
		d.Jobs, d.Mail = h.queue, mailer
		h.module = notifications.New(d, config)
	},
		moduletest.WithClock(now), moduletest.WithLog(slog.New(log)))
	h.Tokens.OnRevoked(revocations.tell)
	h.end = h.Go(func(ctx context.Context) error {
		bus := make(chan error, 1)
		go func() { bus <- h.Bus.Run(ctx) }()
		return errors.Join(h.module.Run(ctx), <-bus)
	})
	return h
}

// listeners collects the listeners of revocations until there is a server whose revocations they can hear.
type listeners []func(auth.Revocation)

func (l *listeners) OnRevoked(listener func(auth.Revocation)) { *l = append(*l, listener) }

func (l *listeners) tell(r auth.Revocation) {
	for _, listener := range *l {
		listener(r)
	}
}

// publish is TryPublish, whatever becomes of the test.
func (h *house) publish(happened ...eventbus.Event) error {
	return h.TryPublish(context.Background(), happened...)
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
		h.Publish(assigned(user, fmt.Sprint(first+i)))
	}
}

// sockets returns how many sockets are open.
func (h *house) sockets() int { return h.module.Sockets() }
