package projects_test

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

// gate stops the first unit of work that publishes an event of a project, where it has done everything but commit.
type gate struct {
	armed   chan chan struct{} // holds, while the gate is closed, what opens it
	entered chan struct{}
}

// newGatedWorld has what the tasks module does for the counts as well: whoever writes a task holds a lock that the
// deletion of its project waits for.
func newGatedWorld(t *testing.T) (*world, *gate) {
	t.Helper()
	t.Parallel()
	g := &gate{armed: make(chan chan struct{}, 1), entered: make(chan struct{}, 1)}
	var w *world
	w = newWorld(t, dbtest.Postgres(t), func(bus *eventbus.Bus) {
		eventbus.Subscribe(bus, "test.hold_change", func(context.Context, events.ProjectChanged) error { return g.pass() })
		eventbus.Subscribe(bus, "test.hold_deletion", func(ctx context.Context, _ events.ProjectDeleted) error {
			if err := g.pass(); err != nil {
				return err
			}
			return w.db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(1)`).Error
		})
	})
	return w, g
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

// holdTelling does the same with what other modules publish. As the tasks module would, it holds what the deletion of
// a project waits for.
func (w *world) holdTelling(all ...eventbus.Event) (release func()) {
	w.t.Helper()
	opened, open := w.opening()
	entered, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- w.db.Do(w.t.Context(), func(ctx context.Context) error {
			if err := w.db.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock_shared(1)`).Error; err != nil {
				return err
			}
			if err := w.publish(ctx, all...); err != nil {
				return err
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
		if w.count("pg_stat_activity", "datname = current_database() AND wait_event_type = 'Lock'") > 0 {
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

func patchOf(who person, p project, body members, headers ...string) request {
	return func() *httpservertest.Answer { return who.Patch(p.path(), body, headers...) }
}

func deletionOf(who person, p project) request {
	return func() *httpservertest.Answer { return who.Delete(p.path()) }
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := w.hold(g, patchOf(ada, made, members{"name": "first"}, "If-Match", `"1.x"`))
	second := blocked(w, patchOf(ada, made, members{"name": "second"}, "If-Match", `"1.x"`))
	release().Require(200)
	second().RequireProblem(412, "precondition_failed")
	require.Equal(t, "first", w.read(ada, made).Name)
	require.Len(t, w.happened(), 1)
}

// Two changes that were based on nothing are both kept, one upon the other.
func TestTwoChangesOfDifferentMembers(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := w.hold(g, patchOf(ada, made, members{"name": "Park"}))
	second := blocked(w, patchOf(ada, made, members{"description": "roses"}))
	w.tell(made.taskCreated("todo")) // neither waits nor is forgotten
	release().Require(200)
	var now project
	answer := second().Decode(200, &now)
	require.Regexp(t, `^"3\.`, answer.ETag())
	require.Equal(t, "Park", now.Name)
	require.Equal(t, "roses", now.Description)
	require.Equal(t, counts{Todo: 1}, now.TaskCounts, "exact when the answer is given")
	require.Equal(t, now, w.read(ada, made))
}

func TestAChangeAgainstArchiving(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := w.hold(g, patchOf(ada, made, members{"status": "archived"}))
	change := blocked(w, patchOf(ada, made, members{"name": "Park"}))
	release().Require(200)
	change().RequireProblem(409, "project_archived")
}

func TestAChangeAgainstDeletion(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := w.hold(g, deletionOf(ada, made))
	change := blocked(w, patchOf(ada, made, members{"name": "Park"}))
	release().Require(204)
	change().RequireProblem(404, "not_found")
	require.Len(t, w.happened(), 1)

	made = w.create(ada, "Garden")
	release = w.hold(g, patchOf(ada, made, members{"name": "Park"}))
	deletion := blocked(w, deletionOf(ada, made))
	release().Require(200)
	deletion().Require(204)
	ada.Get(made.path()).RequireProblem(404, "not_found")
}

func TestTwoDeletions(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := w.hold(g, deletionOf(ada, made))
	second := blocked(w, deletionOf(ada, made))
	release().Require(204)
	second().RequireProblem(404, "not_found")
	require.Len(t, w.happened(), 1)
}

// Counts are forgotten after all others have heard of the deletion, so that what was being counted is forgotten too.
func TestDeletionAgainstATaskThatIsBeingMade(t *testing.T) {
	w, _ := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	commit := w.holdTelling(made.taskCreated("todo"))
	deletion := blocked(w, deletionOf(ada, made))
	require.Zero(t, w.count("project_task_deltas", "project_id = ?", made.ID), "it is not committed yet")
	commit()
	deletion().Require(204)
	require.Zero(t, w.count("project_task_deltas", "project_id = ?", made.ID))
}

// Whoever writes tasks does not wait for whoever changes or deletes their project, nor for each other.
func TestCountingWaitsForNobody(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	many := make([]eventbus.Event, 300) // so many that somebody wants to fold
	for i := range many {
		many[i] = made.taskCreated("todo")
	}
	commit := w.holdTelling(made.taskCreated("todo"))
	w.tell(many...)
	commit()

	release := w.hold(g, patchOf(ada, made, members{"name": "Park"}))
	w.tell(many...)
	release().Require(200)
	require.Equal(t, counts{Todo: 1 + 2*len(many)}, w.read(ada, made).TaskCounts)

	release = w.hold(g, deletionOf(ada, made))
	w.tell(many...)
	release().Require(204)
	require.Zero(t, w.count("project_task_deltas", "project_id = ?", made.ID))
}

// Two registrations of one user, as two nodes might see them, make one Inbox.
func TestTwoInboxes(t *testing.T) {
	w, _ := newGatedWorld(t)
	ada := w.user()
	commit := w.holdTelling(registered(ada))
	second := blocked(w, func() error { return w.try(t.Context(), registered(ada)) })
	commit()
	require.Error(t, second())
	require.Equal(t, 1, w.count("projects", "owner_id = ?", ada.UserID))
}
