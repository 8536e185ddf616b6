package tasks_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// The tests of this file hold one transaction open, start another, see it wait for a lock of the first, and let go.
// Only PostgreSQL has two transactions that write at once.

const patience = 10 * time.Second

// gate stops the first unit of work that publishes an event of a task, where it has done everything but commit.
type gate struct {
	armed   chan chan struct{} // holds, while the gate is closed, what opens it
	entered chan struct{}
}

func newGatedWorld(t *testing.T) (*world, *gate) {
	t.Helper()
	t.Parallel()
	g := &gate{armed: make(chan chan struct{}, 1), entered: make(chan struct{}, 1)}
	return newWorld(t, dbtest.Postgres(t), func(bus *eventbus.Bus) {
		eventbus.Subscribe(bus, "test.hold_creation", func(context.Context, events.TaskCreated) error { return g.pass() })
		eventbus.Subscribe(bus, "test.hold_change", func(context.Context, events.TaskChanged) error { return g.pass() })
		eventbus.Subscribe(bus, "test.hold_deletion", func(context.Context, events.TaskDeleted) error { return g.pass() })
	}), g
}

func (g *gate) pass() error {
	select {
	case opened := <-g.armed:
		g.entered <- struct{}{}
		<-opened
	default:
	}
	return nil
}

type request func() *httpservertest.Answer

// hold sends a request and returns when it is about to commit; release lets it, and returns its answer.
func (w *world) hold(g *gate, send request) (release request) {
	w.t.Helper()
	opened, open := w.opening()
	g.armed <- opened
	answer := make(chan *httpservertest.Answer, 1)
	go func() { answer <- send() }()
	await(w.t, g.entered)
	return func() *httpservertest.Answer {
		open()
		return await(w.t, answer)
	}
}

// opening is a channel and what closes it, at the latest when the test ends: what it holds must not outlive a failure.
func (w *world) opening() (opened chan struct{}, open func()) {
	opened = make(chan struct{})
	open = sync.OnceFunc(func() { close(opened) })
	w.t.Cleanup(open)
	return opened, open
}

// holdTelling does the same with what other modules publish.
func (w *world) holdTelling(all ...eventbus.Event) (release func()) {
	w.t.Helper()
	opened, open := w.opening()
	entered, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- w.db.Do(w.t.Context(), func(ctx context.Context) error {
			for _, e := range all {
				if err := w.bus.Publish(ctx, e); err != nil {
					return err
				}
			}
			entered <- struct{}{}
			<-opened
			return nil
		})
	}()
	await(w.t, entered)
	return func() {
		open()
		require.NoError(w.t, await(w.t, done))
	}
}

// blocked starts something and returns when it waits for a lock; finish returns what comes of it.
func blocked[T any](w *world, start func() T) (finish func() T) {
	w.t.Helper()
	result := make(chan T, 1)
	go func() { result <- start() }()
	deadline := time.Now().Add(patience)
	for {
		var waiting int
		require.NoError(w.t, w.db.Conn(w.t.Context()).Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting).Error)
		if waiting > 0 {
			return func() T { return await(w.t, result) }
		}
		select {
		case <-result:
			w.t.Fatal("it did not wait")
		default:
			require.True(w.t, time.Now().Before(deadline), "it neither waits nor ends")
		}
	}
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happens")
		panic("unreachable")
	}
}

// writes are all ways to write in a project, with the status of success.
func writes(who person, p events.Project, made task) map[string]struct {
	send request
	ok   int
} {
	return map[string]struct {
		send request
		ok   int
	}{
		"create":   {func() *httpservertest.Answer { return who.Post(tasksOf(p), members{"title": "Plant"}) }, 201},
		"change":   {func() *httpservertest.Answer { return who.Patch(made.path(), members{"title": "Plant"}) }, 200},
		"complete": {func() *httpservertest.Answer { return who.Patch(made.path()+"/complete", nil) }, 200},
		"delete":   {func() *httpservertest.Answer { return who.Delete(made.path()) }, 204},
	}
}

func TestWritesAgainstArchiving(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	for name := range writes(ada, ada.Inbox, task{}) {
		garden := w.project(ada)
		write := writes(ada, garden, w.create(ada, garden, nil))[name]
		release := w.hold(g, write.send)
		archive := blocked(w, func() error { return w.try(w.t.Context(), archived(garden)) })
		release().Require(write.ok)
		require.NoError(t, archive(), name)
		ada.Post(tasksOf(garden), members{"title": "Dig"}).RequireProblem(409, "project_archived")

		garden = w.project(ada)
		write = writes(ada, garden, w.create(ada, garden, nil))[name]
		commit := w.holdTelling(archived(garden))
		answer := blocked(w, write.send)
		commit()
		answer().RequireProblem(409, "project_archived")
	}
}

func TestWritesAgainstDeletionOfTheProject(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	for name := range writes(ada, ada.Inbox, task{}) {
		garden := w.project(ada)
		write := writes(ada, garden, w.create(ada, garden, nil))[name]
		release := w.hold(g, write.send)
		deletion := blocked(w, func() error { return w.try(w.t.Context(), deleted(garden)) })
		release().Require(write.ok)
		require.NoError(t, deletion(), name)
		w.requireNoTaskOf(garden)

		garden = w.project(ada)
		write = writes(ada, garden, w.create(ada, garden, nil))[name]
		commit := w.holdTelling(deleted(garden))
		answer := blocked(w, write.send)
		commit()
		answer().RequireProblem(404, "not_found")
		w.requireNoTaskOf(garden)
	}
}

func (w *world) requireNoTaskOf(p events.Project) {
	w.t.Helper()
	var left int
	require.NoError(w.t, w.db.Conn(w.t.Context()).
		Raw(`SELECT count(*) FROM tasks WHERE project_id = ?`, p.ProjectID).Scan(&left).Error)
	require.Zero(w.t, left)
}

func TestAssignmentAgainstDeactivation(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	garden := w.project(ada)
	for name, assign := range map[string]func(to person) request{
		"create": func(to person) request {
			return func() *httpservertest.Answer {
				return ada.Post(tasksOf(garden), members{"title": "Dig", "assignee_id": to.UserID})
			}
		},
		"change": func(to person) request {
			made := w.create(ada, garden, nil)
			return func() *httpservertest.Answer {
				return ada.Patch(made.path(), members{"assignee_id": to.UserID})
			}
		},
	} {
		bob := w.user("Bob")
		release := w.hold(g, assign(bob))
		deactivation := blocked(w, func() error { return w.try(w.t.Context(), deactivated(bob.User)) })
		var made task
		release().Decode(map[string]int{"create": 201, "change": 200}[name], &made)
		require.NoError(t, deactivation())
		require.Equal(t, bob.UserID, *made.AssigneeID)

		eve := w.user("Eve")
		commit := w.holdTelling(deactivated(eve.User))
		answer := blocked(w, assign(eve))
		commit()
		require.Equal(t, []string{"body.assignee_id"}, answer().RequireProblem(422, "validation_failed").Locations())
	}
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	made := w.create(ada, w.project(ada), nil)
	change := func(title string) request {
		return func() *httpservertest.Answer {
			return ada.Patch(made.path(), members{"title": title}, "If-Match", `"1.x"`)
		}
	}
	release := w.hold(g, change("first"))
	second := blocked(w, change("second"))
	release().Require(200)
	second().RequireProblem(412, "precondition_failed")
}

// Two toggles at once are two toggles.
func TestTwoTogglesAtOnce(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	made := w.create(ada, w.project(ada), nil)
	toggle := func() *httpservertest.Answer { return ada.Patch(made.path()+"/complete", nil) }
	release := w.hold(g, toggle)
	second := blocked(w, toggle)
	var now task
	release().Decode(200, &now)
	require.Equal(t, "done", now.Status)
	second().Decode(200, &now)
	require.Equal(t, "todo", now.Status)
}

// Who is an assignee is decided when the task is locked, not when it was looked up.
func TestAChangeByWhoIsBeingUnassigned(t *testing.T) {
	w, g := newGatedWorld(t)
	ada, bob := w.user("Ada"), w.user("Bob")
	made := w.create(ada, w.project(ada), members{"assignee_id": bob.UserID})
	release := w.hold(g, func() *httpservertest.Answer { return ada.Patch(made.path(), members{"assignee_id": nil}) })
	change := blocked(w, func() *httpservertest.Answer { return bob.Patch(made.path(), members{"title": "mine"}) })
	release().Require(200)
	change().RequireProblem(404, "not_found")
}

// Those who make tasks in one project do not wait for each other.
func TestCreationsDoNotWaitForEachOther(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	garden := w.project(ada)
	create := func() *httpservertest.Answer { return ada.Post(tasksOf(garden), members{"title": "Dig"}) }
	release := w.hold(g, create)
	create().Require(201)
	release().Require(201)
}
