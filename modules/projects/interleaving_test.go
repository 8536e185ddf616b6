package projects_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// The tests of this file hold one transaction open, start another, see it wait for a lock of the first, and let go.

// tasksLock is what the tasks module does for the counts as well: whoever writes a task holds a lock that the deletion
// of its project waits for.
const tasksLock = 1

func interleaved(t *testing.T) (*world, *dbtest.Interleaving) {
	t.Helper()
	t.Parallel()
	var w *moduletest.World
	var i *dbtest.Interleaving
	w, i = moduletest.Interleaved(t, func(d module.Deps) {
		build(d)
		eventbus.Subscribe(d.Bus, "test.delete_tasks", func(ctx context.Context, _ events.ProjectDeleted) error {
			i.Pause()
			return d.DB.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock(?)`, tasksLock).Error
		})
	})
	return &world{w, t}, i
}

// writingTask publishes what other modules would, and holds what the deletion of a project waits for.
func (w *world) writingTask(all ...eventbus.Event) func() error {
	return func() error {
		return w.DB.Do(w.t.Context(), func(ctx context.Context) error {
			if err := w.DB.Conn(ctx).Exec(`SELECT pg_advisory_xact_lock_shared(?)`, tasksLock).Error; err != nil {
				return err
			}
			return w.TryPublish(ctx, all...)
		})
	}
}

type request func() *httpservertest.Answer

func patchOf(who person, p project, body members, headers ...string) request {
	return func() *httpservertest.Answer { return who.Patch(p.path(), body, headers...) }
}

func deletionOf(who person, p project) request {
	return func() *httpservertest.Answer { return who.Delete(p.path()) }
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := dbtest.Hold(i, patchOf(ada, made, members{"name": "first"}, "If-Match", `"1.x"`))
	second := dbtest.Blocked(i, patchOf(ada, made, members{"name": "second"}, "If-Match", `"1.x"`))
	release().Require(200)
	second().RequireProblem(412, "precondition_failed")
	require.Equal(t, "first", w.read(ada, made).Name)
	require.Len(t, w.Events(), 1)
}

// Two changes that were based on nothing are both kept, one upon the other.
func TestTwoChangesOfDifferentMembers(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := dbtest.Hold(i, patchOf(ada, made, members{"name": "Park"}))
	second := dbtest.Blocked(i, patchOf(ada, made, members{"description": "roses"}))
	w.Publish(made.taskCreated("todo")) // neither waits nor is forgotten
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
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := dbtest.Hold(i, patchOf(ada, made, members{"status": "archived"}))
	change := dbtest.Blocked(i, patchOf(ada, made, members{"name": "Park"}))
	release().Require(200)
	change().RequireProblem(409, "project_archived")
}

func TestAChangeAgainstDeletion(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := dbtest.Hold(i, deletionOf(ada, made))
	change := dbtest.Blocked(i, patchOf(ada, made, members{"name": "Park"}))
	release().Require(204)
	change().RequireProblem(404, "not_found")
	require.Len(t, w.Events(), 1)

	made = w.create(ada, "Garden")
	release = dbtest.Hold(i, patchOf(ada, made, members{"name": "Park"}))
	deletion := dbtest.Blocked(i, deletionOf(ada, made))
	release().Require(200)
	deletion().Require(204)
	ada.Get(made.path()).RequireProblem(404, "not_found")
}

func TestTwoDeletions(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	release := dbtest.Hold(i, deletionOf(ada, made))
	second := dbtest.Blocked(i, deletionOf(ada, made))
	release().Require(204)
	second().RequireProblem(404, "not_found")
	require.Len(t, w.Events(), 1)
}

// Counts are forgotten after all others have heard of the deletion, so that what was being counted is forgotten too.
func TestDeletionAgainstATaskThatIsBeingMade(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	commit := dbtest.Hold(i, w.writingTask(made.taskCreated("todo")))
	deletion := dbtest.Blocked(i, deletionOf(ada, made))
	require.Zero(t, w.Count("project_task_deltas WHERE project_id = ?", made.ID), "it is not committed yet")
	require.NoError(t, commit())
	deletion().Require(204)
	require.Zero(t, w.Count("project_task_deltas WHERE project_id = ?", made.ID))
}

// Whoever writes tasks does not wait for whoever changes or deletes their project, nor for each other.
func TestCountingWaitsForNobody(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	made := w.create(ada, "Garden")
	many := make([]eventbus.Event, 300) // so many that somebody wants to fold
	for n := range many {
		many[n] = made.taskCreated("todo")
	}
	commit := dbtest.Hold(i, w.writingTask(made.taskCreated("todo")))
	w.Publish(many...)
	require.NoError(t, commit())

	release := dbtest.Hold(i, patchOf(ada, made, members{"name": "Park"}))
	w.Publish(many...)
	release().Require(200)
	require.Equal(t, counts{Todo: 1 + 2*len(many)}, w.read(ada, made).TaskCounts)

	release = dbtest.Hold(i, deletionOf(ada, made))
	w.Publish(many...)
	release().Require(204)
	require.Zero(t, w.Count("project_task_deltas WHERE project_id = ?", made.ID))
}

// Two registrations of one user, as two nodes might see them, make one Inbox.
func TestTwoInboxes(t *testing.T) {
	w, i := interleaved(t)
	ada := w.user()
	commit := dbtest.Hold(i, w.writingTask(registered(ada)))
	second := dbtest.Blocked(i, w.Publishing(registered(ada)))
	require.NoError(t, commit())
	require.Error(t, second())
	require.EqualValues(t, 1, w.Count("projects WHERE owner_id = ?", ada.UserID))
}

// Whoever is being demoted or removed while they manage a project does so before or not at all.
func TestAManagerAgainstTheLossOfTheirRole(t *testing.T) {
	w, i := interleaved(t)
	for name, loss := range map[string]struct {
		of             func(events.Membership) eventbus.Event
		change, create int
	}{
		"demoted": {
			func(m events.Membership) eventbus.Event { return moduletest.WithRole(m, auth.OrganizationMember) }, 403, 403,
		},
		"removed": {func(m events.Membership) eventbus.Event { return moduletest.Removed(m) }, 404, 422},
		"deleted": {
			func(m events.Membership) eventbus.Event { return moduletest.OrganizationDeleted(m.OrganizationID) }, 404, 422,
		},
	} {
		for _, write := range []struct {
			ok, refused int
			send        func(o organization, made project) request
		}{
			{200, loss.change, func(o organization, made project) request {
				return patchOf(o.admin, made, members{"name": "Mine"})
			}},
			{204, loss.change, func(o organization, made project) request { return deletionOf(o.admin, made) }},
			{201, loss.create, func(o organization, _ project) request {
				return func() *httpservertest.Answer {
					return o.admin.Post(projectsPath, members{"name": "Mine", "organization_id": o.ID})
				}
			}},
		} {
			o := w.organization()
			release := dbtest.Hold(i, write.send(o, w.share(o.owner, o.ID, "Shop")))
			lost := dbtest.Blocked(i, w.Publishing(loss.of(o.admins)))
			release().Require(write.ok)
			require.NoError(t, lost(), name)

			o = w.organization()
			made := w.share(o.owner, o.ID, "Shop")
			commit := dbtest.Hold(i, w.Publishing(loss.of(o.admins)))
			answer := dbtest.Blocked(i, write.send(o, made))
			require.NoError(t, commit())
			answer().Require(write.refused)
			if name == "deleted" {
				require.Zero(t, w.Count("projects WHERE organization_id = ?", o.ID))
			}
		}
	}
}

// A system admin is no member, and yet makes no project in an organisation that is being deleted.
func TestAnAdminsProjectAgainstDeletionOfTheOrganisation(t *testing.T) {
	w, i := interleaved(t)
	root := w.admin()
	create := func(o organization) request {
		return func() *httpservertest.Answer {
			return root.Post(projectsPath, members{"name": "Shop", "organization_id": o.ID})
		}
	}
	o := w.organization()
	release := dbtest.Hold(i, create(o))
	deletion := dbtest.Blocked(i, w.Publishing(moduletest.OrganizationDeleted(o.ID)))
	release().Require(201)
	require.NoError(t, deletion())
	require.Zero(t, w.Count("projects WHERE organization_id = ?", o.ID))

	o = w.organization()
	commit := dbtest.Hold(i, w.Publishing(moduletest.OrganizationDeleted(o.ID)))
	answer := dbtest.Blocked(i, create(o))
	require.NoError(t, commit())
	answer().RequireProblem(422, "validation_failed")
}
