package tasks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Somebody who is being removed is given a task before, and loses it, or is not given it at all.
func TestAssignmentAgainstRemoval(t *testing.T) {
	w, i := interleaved(t)
	o := w.organization()
	join := func() (person, events.Membership) {
		bob := w.user("Bob")
		return bob, w.Join(o.ID, bob.UserID, auth.OrganizationMember)
	}
	for name, assign := range map[string]func(to person) request{
		"create": func(to person) request {
			return func() *httpservertest.Answer {
				return o.admin.Post(tasksOf(o.shop), members{"title": "Dig", "assignee_id": to.UserID})
			}
		},
		"change": func(to person) request {
			made := w.create(o.admin, o.shop, nil)
			return func() *httpservertest.Answer { return o.admin.Patch(made.path(), members{"assignee_id": to.UserID}) }
		},
	} {
		bob, membership := join()
		release := dbtest.Hold(i, assign(bob))
		removal := dbtest.Blocked(i, w.Publishing(moduletest.Removed(membership)))
		var made task
		release().Decode(map[string]int{"create": 201, "change": 200}[name], &made)
		require.NoError(t, removal())
		require.Nil(t, w.read(o.owner, made).AssigneeID, name)
		bob.Get(made.path()).RequireProblem(404, "not_found")

		bob, membership = join()
		commit := dbtest.Hold(i, w.Publishing(moduletest.Removed(membership)))
		answer := dbtest.Blocked(i, assign(bob))
		require.NoError(t, commit())
		require.Equal(t, []string{"body.assignee_id"}, answer().RequireProblem(422, "validation_failed").Locations())
		require.Zero(t, w.Count("tasks WHERE assignee_id = ?", bob.UserID))
	}
}

// Whoever is being removed or demoted while they write does so before or not at all.
func TestWritesAgainstTheLossOfARole(t *testing.T) {
	w, i := interleaved(t)
	for name, loss := range map[string]struct {
		of      func(events.Membership) eventbus.Event
		refused int
	}{
		"demoted": {func(m events.Membership) eventbus.Event { return moduletest.WithRole(m, auth.OrganizationMember) }, 403},
		"removed": {func(m events.Membership) eventbus.Event { return moduletest.Removed(m) }, 404},
	} {
		for write := range writes(person{}, events.Project{}, task{}) {
			o := w.organization()
			send := writes(o.admin, o.shop, w.create(o.owner, o.shop, nil))[write]
			release := dbtest.Hold(i, send.send)
			lost := dbtest.Blocked(i, w.Publishing(loss.of(o.admins)))
			release().Require(send.ok)
			require.NoError(t, lost(), name)

			o = w.organization()
			send = writes(o.admin, o.shop, w.create(o.owner, o.shop, nil))[write]
			commit := dbtest.Hold(i, w.Publishing(loss.of(o.admins)))
			answer := dbtest.Blocked(i, send.send)
			require.NoError(t, commit())
			answer().Require(loss.refused)
		}
	}
}

// An assignee who is being removed changes their task before or not at all.
func TestAnAssigneesChangeAgainstTheirRemoval(t *testing.T) {
	w, i := interleaved(t)
	scene := func() (organization, task, request) {
		o := w.organization()
		made := w.create(o.owner, o.shop, members{"assignee_id": o.member.UserID})
		return o, made, func() *httpservertest.Answer { return o.member.Patch(made.path(), members{"title": "mine"}) }
	}
	o, made, change := scene()
	release := dbtest.Hold(i, change)
	removal := dbtest.Blocked(i, w.Publishing(moduletest.Removed(o.membership)))
	release().Require(200)
	require.NoError(t, removal())
	require.Nil(t, w.read(o.owner, made).AssigneeID)

	o, _, change = scene()
	commit := dbtest.Hold(i, w.Publishing(moduletest.Removed(o.membership)))
	answer := dbtest.Blocked(i, change)
	require.NoError(t, commit())
	answer().RequireProblem(404, "not_found")
}

// A change of a task by somebody else waits until the removal of its assignee is over, and keeps it.
func TestAnothersChangeAgainstTheRemovalOfTheAssignee(t *testing.T) {
	w, i := interleaved(t)
	o := w.organization()
	made := w.create(o.owner, o.shop, members{"assignee_id": o.member.UserID})
	commit := dbtest.Hold(i, w.Publishing(moduletest.Removed(o.membership)))
	answer := dbtest.Blocked(i, func() *httpservertest.Answer { return o.admin.Patch(made.path(), members{"title": "Plant"}) })
	require.NoError(t, commit())
	var now task
	answer().Decode(200, &now)
	require.Equal(t, "Plant", now.Title)
	require.Nil(t, now.AssigneeID)
}

func TestWritesAgainstDeletionOfTheOrganisation(t *testing.T) {
	w, i := interleaved(t)
	for name := range writes(person{}, events.Project{}, task{}) {
		o := w.organization()
		write := writes(o.admin, o.shop, w.create(o.owner, o.shop, nil))[name]
		release := dbtest.Hold(i, write.send)
		deletion := dbtest.Blocked(i, w.Publishing(moduletest.OrganizationDeleted(o.ID)))
		release().Require(write.ok)
		require.NoError(t, deletion(), name)
		w.requireNoTaskOf(o.shop)

		o = w.organization()
		write = writes(o.admin, o.shop, w.create(o.owner, o.shop, nil))[name]
		commit := dbtest.Hold(i, w.Publishing(moduletest.OrganizationDeleted(o.ID)))
		answer := dbtest.Blocked(i, write.send)
		require.NoError(t, commit())
		answer().RequireProblem(404, "not_found")
		w.requireNoTaskOf(o.shop)
	}
}

// A project and a member who go at once have tasks in common, and wait for each other in one direction alone.
func TestARemovalAgainstDeletionOfAProject(t *testing.T) {
	w, i := interleaved(t)
	o := w.organization()
	market := w.Project(o.owner, moduletest.Of(o.ID))
	for _, p := range []events.Project{o.shop, market} {
		w.create(o.owner, p, members{"assignee_id": o.member.UserID})
	}
	commit := dbtest.Hold(i, w.Publishing(moduletest.Deleted(o.shop)))
	removal := dbtest.Blocked(i, w.Publishing(moduletest.Removed(o.membership)))
	require.NoError(t, commit())
	require.NoError(t, removal())
	require.Zero(t, w.Count("tasks WHERE assignee_id = ?", o.member.UserID))

	commit = dbtest.Hold(i, w.Publishing(moduletest.Removed(o.others), moduletest.Removed(o.membership)))
	w.Publish(moduletest.Deleted(w.Project(o.owner, moduletest.Of(ids.New()))))
	require.NoError(t, commit())
}
