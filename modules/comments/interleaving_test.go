package comments_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// The tests of this file hold one transaction open, start another, see it wait for a lock of the first, and let go.

func interleaved(t *testing.T) (*world, *dbtest.Interleaving) {
	t.Helper()
	t.Parallel()
	w, i := moduletest.Interleaved(t, build)
	return &world{w, t}, i
}

type request func() *httpservertest.Answer

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
	w, i := interleaved(t)
	ada, bob := w.User("Ada"), w.User("Bob")
	scene := func(write write) (events.Project, events.Task, request) {
		garden := w.Project(ada)
		dig := w.task(garden, assignedTo(bob))
		made := w.say(bob, dig, "Where?")
		return garden, dig, func() *httpservertest.Answer { return write.send(bob, dig, made) }
	}
	for _, write := range writes {
		garden, dig, send := scene(write)
		release := dbtest.Hold(i, send)
		happens := dbtest.Blocked(i, w.Publishing(other(garden, dig)))
		release().Require(write.ok)
		require.NoError(t, happens(), write.name)
		after(w, garden)

		garden, dig, send = scene(write)
		commit := dbtest.Hold(i, w.Publishing(other(garden, dig)))
		answer := dbtest.Blocked(i, send)
		require.NoError(t, commit())
		answer().RequireProblem(status, code)
		after(w, garden)
	}
}

func TestACommentAgainstDeletionOfItsTask(t *testing.T) {
	against(t, 404, "not_found",
		func(_ events.Project, t events.Task) eventbus.Event {
			return events.TaskDeleted{Task: t, At: moduletest.Start}
		},
		func(w *world, _ events.Project) {
			require.Zero(w.t, w.Count("comments"))
			require.Zero(w.t, w.Count("comment_tasks"))
		})
}

func TestACommentAgainstDeletionOfTheProject(t *testing.T) {
	against(t, 404, "not_found",
		func(p events.Project, _ events.Task) eventbus.Event { return moduletest.Deleted(p) },
		func(w *world, _ events.Project) {
			require.Zero(w.t, w.Count("comments"))
			require.Zero(w.t, w.Count("comment_tasks"))
			require.Zero(w.t, w.Count("comment_projects"))
		})
}

func TestACommentAgainstArchiving(t *testing.T) {
	against(t, 409, "project_archived",
		func(p events.Project, _ events.Task) eventbus.Event { return moduletest.Archived(p) },
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
	w, i := interleaved(t)
	ada := w.User("Ada")
	garden := w.Project(ada)
	commit := dbtest.Hold(i, w.Publishing(events.TaskCreated{Task: taskIn(garden), At: moduletest.Start}))
	deletion := dbtest.Blocked(i, w.Publishing(moduletest.Deleted(garden)))
	require.NoError(t, commit())
	require.NoError(t, deletion())
	require.Zero(t, w.Count("comment_tasks"))
	require.Zero(t, w.Count("comment_projects"))
}

// The project is locked before the task, and both before the comment, by every write: while it waits for one of them,
// it holds what comes before and nothing of what comes after.
func TestTheOrderOfLocks(t *testing.T) {
	w, i := interleaved(t)
	ada := w.User("Ada")
	type row struct {
		table, key string
		id         ids.ID
	}
	lock := func(r row) (release func() error) {
		return dbtest.Hold(i, func() error {
			return w.DB.Do(t.Context(), func(ctx context.Context) error {
				return w.DB.Conn(ctx).Exec(`SELECT 1 FROM `+r.table+` WHERE `+r.key+` = ? FOR UPDATE`, r.id).Error
			})
		})
	}
	isFree := func(r row) bool {
		var found []string
		require.NoError(t, w.DB.Do(t.Context(), func(ctx context.Context) error {
			return w.DB.Conn(ctx).Raw(`SELECT 1 FROM `+r.table+` WHERE `+r.key+` = ? FOR UPDATE SKIP LOCKED`, r.id).
				Scan(&found).Error
		}))
		return len(found) == 1
	}
	for _, write := range writes {
		for held := range 3 {
			garden := w.Project(ada)
			dig := w.task(garden)
			made := w.say(ada, dig, "Where?")
			order := []row{
				{"comment_projects", "project_id", garden.ProjectID},
				{"comment_tasks", "task_id", dig.TaskID},
				{"comments", "id", made.ID},
			}
			if order[held].table == "comments" && write.name == "add" {
				continue
			}
			release := lock(order[held])
			answer := dbtest.Blocked(i, func() *httpservertest.Answer { return write.send(ada, dig, made) })
			for j, r := range order {
				if j != held {
					require.Equal(t, j > held, isFree(r), "%s waits for %s: %s", write.name, order[held].table, r.table)
				}
			}
			require.NoError(t, release())
			answer().Require(write.ok)
		}
	}
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, i := interleaved(t)
	ada := w.User("Ada")
	made := w.say(ada, w.task(w.Project(ada)), "Where?")
	change := func(body string) request {
		return func() *httpservertest.Answer {
			return ada.Patch(made.path(), members{"body": body}, "If-Match", `"1.x"`)
		}
	}
	release := dbtest.Hold(i, change("first"))
	second := dbtest.Blocked(i, change("second"))
	release().Require(200)
	second().RequireProblem(412, "precondition_failed")
}

// A change of what is being deleted finds nothing.
func TestAChangeAgainstDeletionOfTheComment(t *testing.T) {
	w, i := interleaved(t)
	ada := w.User("Ada")
	made := w.say(ada, w.task(w.Project(ada)), "Where?")
	release := dbtest.Hold(i, func() *httpservertest.Answer { return ada.Delete(made.path()) })
	change := dbtest.Blocked(i, func() *httpservertest.Answer { return ada.Patch(made.path(), members{"body": "late"}) })
	release().Require(204)
	change().RequireProblem(404, "not_found")
}

// Those who comment on one task do not wait for each other, and neither do changes of other users or projects.
func TestAdditionsDoNotWaitForEachOther(t *testing.T) {
	w, i := interleaved(t)
	ada, bob := w.User("Ada"), w.User("Bob")
	garden := w.Project(ada)
	dig, plant := w.task(garden, assignedTo(bob)), w.task(garden)
	release := dbtest.Hold(i, func() *httpservertest.Answer { return ada.Post(commentsOn(dig), members{"body": "one"}) })
	bob.Post(commentsOn(dig), members{"body": "two"}).Require(201)
	w.Publish(reassigned(plant, &bob.UserID, 2))
	w.task(garden)
	renamed := ada.User
	renamed.DisplayName, renamed.Version = "Lovelace", 2
	w.Publish(events.UserChanged{User: renamed, At: moduletest.Start})
	release().Require(201)
}
