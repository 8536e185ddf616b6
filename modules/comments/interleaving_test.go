package comments_test

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
	"fasttrack/shared/ids"
)

// The tests of this file hold one transaction open, start another, see it wait for a lock of the first, and let go.
// Only PostgreSQL has two transactions that write at once.

const patience = 10 * time.Second

// gate stops the first unit of work that publishes an event of a comment, where it has done everything but commit.
type gate struct {
	armed   chan chan struct{} // holds what the next one is to wait for
	entered chan struct{}
}

func newGatedWorld(t *testing.T) (*world, *gate) {
	t.Helper()
	t.Parallel()
	g := &gate{armed: make(chan chan struct{}, 1), entered: make(chan struct{}, 1)}
	return newWorld(t, dbtest.Postgres(t), func(bus *eventbus.Bus) {
		eventbus.Subscribe(bus, "test.hold_addition", func(context.Context, events.CommentAdded) error { return g.pass() })
		eventbus.Subscribe(bus, "test.hold_change", func(context.Context, events.CommentChanged) error { return g.pass() })
		eventbus.Subscribe(bus, "test.hold_deletion", func(context.Context, events.CommentDeleted) error { return g.pass() })
	}), g
}

func (g *gate) pass() error {
	select {
	case open := <-g.armed:
		g.entered <- struct{}{}
		<-open
	default:
	}
	return nil
}

// newBarrier returns what somebody waits for, and what ends the wait, at the latest when the test ends.
func (w *world) newBarrier() (barrier chan struct{}, open func()) {
	barrier = make(chan struct{})
	open = sync.OnceFunc(func() { close(barrier) })
	w.t.Cleanup(open)
	return barrier, open
}

type request func() *httpservertest.Answer

// hold sends a request and returns when it is about to commit; release lets it, and returns its answer.
func (w *world) hold(g *gate, send request) (release request) {
	w.t.Helper()
	barrier, open := w.newBarrier()
	g.armed <- barrier
	answer := make(chan *httpservertest.Answer, 1)
	go func() { answer <- send() }()
	await(w.t, g.entered)
	return func() *httpservertest.Answer {
		open()
		return await(w.t, answer)
	}
}

// holdTelling does the same with what other modules publish.
func (w *world) holdTelling(all ...eventbus.Event) (release func()) {
	w.t.Helper()
	return w.holdWork(func(ctx context.Context) error { return w.try(ctx, all...) })
}

// holdWork does the same with any unit of work.
func (w *world) holdWork(fn func(context.Context) error) (release func()) {
	w.t.Helper()
	barrier, open := w.newBarrier()
	entered, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- w.db.Do(w.t.Context(), func(ctx context.Context) error {
			if err := fn(ctx); err != nil {
				return err
			}
			entered <- struct{}{}
			<-barrier
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

// write is a way to write on a task where a comment is.
type write struct {
	name string
	ok   int // the status of success
	send func(who person, on events.Task, c comment) *httpservertest.Answer
}

var writes = []write{
	{"add", 201, func(who person, on events.Task, _ comment) *httpservertest.Answer {
		return who.Post(commentsOn(on), members{"body": "And?"})
	}},
	{"change", 200, func(who person, _ events.Task, c comment) *httpservertest.Answer {
		return who.Patch(c.path(), members{"body": "And?"})
	}},
	{"delete", 204, func(who person, _ events.Task, c comment) *httpservertest.Answer {
		return who.Delete(c.path())
	}},
}

// against runs every write twice against something that another module does to the task or its project: the write
// first, which succeeds and makes the other wait, and the other first, which makes the write wait and refuses it.
func against(t *testing.T, status int, code string,
	other func(events.Project, events.Task) eventbus.Event, after func(*world, events.Project),
) {
	w, g := newGatedWorld(t)
	ada, bob := w.user("Ada"), w.user("Bob")
	scene := func(write write) (events.Project, events.Task, request) {
		garden := w.project(ada)
		dig := w.task(garden, assignedTo(bob))
		made := w.say(bob, dig, "Where?")
		return garden, dig, func() *httpservertest.Answer { return write.send(bob, dig, made) }
	}
	for _, write := range writes {
		garden, dig, send := scene(write)
		release := w.hold(g, send)
		happens := blocked(w, func() error { return w.try(w.t.Context(), other(garden, dig)) })
		release().Require(write.ok)
		require.NoError(t, happens(), write.name)
		after(w, garden)

		garden, dig, send = scene(write)
		commit := w.holdTelling(other(garden, dig))
		answer := blocked(w, send)
		commit()
		answer().RequireProblem(status, code)
		after(w, garden)
	}
}

func TestACommentAgainstDeletionOfItsTask(t *testing.T) {
	against(t, 404, "not_found",
		func(_ events.Project, t events.Task) eventbus.Event { return events.TaskDeleted{Task: t, At: start} },
		func(w *world, _ events.Project) {
			require.Zero(w.t, w.count("comments"))
			require.Zero(w.t, w.count("comment_tasks"))
		})
}

func TestACommentAgainstDeletionOfTheProject(t *testing.T) {
	against(t, 404, "not_found",
		func(p events.Project, _ events.Task) eventbus.Event { return deleted(p) },
		func(w *world, _ events.Project) {
			require.Zero(w.t, w.count("comments"))
			require.Zero(w.t, w.count("comment_tasks"))
			require.Zero(w.t, w.count("comment_projects"))
		})
}

func TestACommentAgainstArchiving(t *testing.T) {
	against(t, 409, "project_archived",
		func(p events.Project, _ events.Task) eventbus.Event { return archived(p) },
		func(*world, events.Project) {})
}

// Who is the assignee is decided when the task is held, not when it was looked up.
func TestACommentAgainstUnassignment(t *testing.T) {
	against(t, 404, "not_found",
		func(_ events.Project, t events.Task) eventbus.Event { return reassigned(t, nil, 2) },
		func(*world, events.Project) {})
}

// A task that is being made while its project goes leaves no copy behind.
func TestANewTaskAgainstDeletionOfTheProject(t *testing.T) {
	w, _ := newGatedWorld(t)
	ada := w.user("Ada")
	garden := w.project(ada)
	commit := w.holdTelling(events.TaskCreated{Task: taskIn(garden), At: start})
	deletion := blocked(w, func() error { return w.try(w.t.Context(), deleted(garden)) })
	commit()
	require.NoError(t, deletion())
	require.Zero(t, w.count("comment_tasks"))
	require.Zero(t, w.count("comment_projects"))
}

// The project is locked before the task, and both before the comment, by every write: while it waits for one of them,
// it holds what comes before and nothing of what comes after.
func TestTheOrderOfLocks(t *testing.T) {
	w, _ := newGatedWorld(t)
	ada := w.user("Ada")
	type row struct {
		table, key string
		id         ids.ID
	}
	lock := func(r row) (release func()) {
		return w.holdWork(func(ctx context.Context) error {
			return w.db.Conn(ctx).Exec(`SELECT 1 FROM `+r.table+` WHERE `+r.key+` = ? FOR UPDATE`, r.id).Error
		})
	}
	isFree := func(r row) bool {
		var found []string
		require.NoError(t, w.db.Do(t.Context(), func(ctx context.Context) error {
			return w.db.Conn(ctx).Raw(`SELECT 1 FROM `+r.table+` WHERE `+r.key+` = ? FOR UPDATE SKIP LOCKED`, r.id).
				Scan(&found).Error
		}))
		return len(found) == 1
	}
	for _, write := range writes {
		for i := range 3 {
			garden := w.project(ada)
			dig := w.task(garden)
			made := w.say(ada, dig, "Where?")
			order := []row{
				{"comment_projects", "project_id", garden.ProjectID},
				{"comment_tasks", "task_id", dig.TaskID},
				{"comments", "id", made.ID},
			}
			if order[i].table == "comments" && write.name == "add" {
				continue
			}
			release := lock(order[i])
			answer := blocked(w, func() *httpservertest.Answer { return write.send(ada, dig, made) })
			for j, r := range order {
				if j != i {
					require.Equal(t, j > i, isFree(r), "%s waits for %s: %s", write.name, order[i].table, r.table)
				}
			}
			release()
			answer().Require(write.ok)
		}
	}
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	made := w.say(ada, w.task(w.project(ada)), "Where?")
	change := func(body string) request {
		return func() *httpservertest.Answer {
			return ada.Patch(made.path(), members{"body": body}, "If-Match", `"1.x"`)
		}
	}
	release := w.hold(g, change("first"))
	second := blocked(w, change("second"))
	release().Require(200)
	second().RequireProblem(412, "precondition_failed")
}

// A change of what is being deleted finds nothing.
func TestAChangeAgainstDeletionOfTheComment(t *testing.T) {
	w, g := newGatedWorld(t)
	ada := w.user("Ada")
	made := w.say(ada, w.task(w.project(ada)), "Where?")
	release := w.hold(g, func() *httpservertest.Answer { return ada.Delete(made.path()) })
	change := blocked(w, func() *httpservertest.Answer { return ada.Patch(made.path(), members{"body": "late"}) })
	release().Require(204)
	change().RequireProblem(404, "not_found")
}

// Those who comment on one task do not wait for each other, and neither do changes of other users or projects.
func TestAdditionsDoNotWaitForEachOther(t *testing.T) {
	w, g := newGatedWorld(t)
	ada, bob := w.user("Ada"), w.user("Bob")
	garden := w.project(ada)
	dig, plant := w.task(garden, assignedTo(bob)), w.task(garden)
	release := w.hold(g, func() *httpservertest.Answer { return ada.Post(commentsOn(dig), members{"body": "one"}) })
	bob.Post(commentsOn(dig), members{"body": "two"}).Require(201)
	w.tell(reassigned(plant, &bob.UserID, 2))
	w.task(garden)
	renamed := ada.User
	renamed.DisplayName, renamed.Version = "Lovelace", 2
	w.tell(events.UserChanged{User: renamed, At: start})
	release().Require(201)
}
