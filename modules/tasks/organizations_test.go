package tasks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// organization is one with an owner, an admin and two members, and a project.
type organization struct {
	ID                                 ids.ID
	owner, admin, member, other        person
	owners, admins, membership, others events.Membership
	shop                               events.Project
}

func (w *world) organization() organization {
	w.t.Helper()
	o := organization{ID: ids.New()}
	for _, m := range []struct {
		who  *person
		kept *events.Membership
		name string
		role auth.OrganizationRole
	}{
		{&o.owner, &o.owners, "Olga", auth.OrganizationOwner},
		{&o.admin, &o.admins, "Anton", auth.OrganizationAdmin},
		{&o.member, &o.membership, "Max", auth.OrganizationMember},
		{&o.other, &o.others, "Moritz", auth.OrganizationMember},
	} {
		*m.who = w.user(m.name)
		*m.kept = w.Join(o.ID, m.who.UserID, m.role)
	}
	o.shop = w.Project(o.owner, moduletest.Of(o.ID))
	return o
}

func TestWhoMayDoWhatInAnOrganisation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, root := w.organization(), w.admin("Root")
		former, maker := w.user("Former"), w.user("Maker")
		w.Publish(moduletest.Removed(w.Join(o.ID, former.UserID, auth.OrganizationOwner)))
		elsewhere := w.organization().owner
		shop := w.Project(maker, moduletest.Of(o.ID)) // who made it is no member
		for name, c := range map[string]struct {
			who                                          person
			read, change, complete, remove, list, create int
			asAdmin                                      bool
		}{
			"owner":            {o.owner, 200, 200, 200, 204, 200, 201, false},
			"admin":            {o.admin, 200, 200, 200, 204, 200, 201, false},
			"assignee":         {o.member, 200, 200, 200, 403, 200, 403, false},
			"member":           {o.other, 200, 403, 403, 403, 200, 403, false},
			"former owner":     {former, 404, 404, 404, 404, 404, 404, false},
			"maker":            {maker, 404, 404, 404, 404, 404, 404, false},
			"owner of another": {elsewhere, 404, 404, 404, 404, 404, 404, false},
			"system admin":     {root, 200, 200, 200, 204, 200, 201, true},
		} {
			made := w.create(o.owner, shop, members{"assignee_id": o.member.UserID})
			c.who.Get(made.path()).Require(c.read)
			c.who.Patch(made.path(), members{"title": "Plant"}).Require(c.change)
			c.who.Patch(made.path()+"/complete", nil).Require(c.complete)
			c.who.Get(tasksOf(shop)).Require(c.list)
			c.who.Delete(made.path()).Require(c.remove)
			c.who.Post(tasksOf(shop), members{"title": "Dig"}).Require(c.create)
			for _, e := range w.Events() {
				switch e := e.(type) {
				case events.TaskCreated:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				case events.TaskChanged:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				case events.TaskDeleted:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				}
			}
		}
	})
}

func TestAnAssigneeIsAMember(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, outsider, root := w.organization(), w.user("Eve"), w.admin("Root")
		plain := w.create(o.admin, o.shop, nil)
		for _, by := range []person{o.owner, root} {
			for _, id := range []ids.ID{outsider.UserID, root.UserID, ids.New()} {
				for _, answer := range []interface{ Locations() []string }{
					by.Post(tasksOf(o.shop), members{"title": "Dig", "assignee_id": id}).RequireProblem(422, "validation_failed"),
					by.Patch(plain.path(), members{"assignee_id": id}).RequireProblem(422, "validation_failed"),
				} {
					require.Equal(t, []string{"body.assignee_id"}, answer.Locations())
				}
			}
			by.Patch(plain.path(), members{"assignee_id": o.member.UserID}).Require(200)
			by.Patch(plain.path(), members{"assignee_id": nil}).Require(200)
		}
		w.Publish(moduletest.Deactivated(o.other.User))
		o.owner.Patch(plain.path(), members{"assignee_id": o.other.UserID}).RequireProblem(422, "validation_failed")
	})
}

func TestListsOfMembers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		w.create(o.owner, o.shop, members{"title": "a", "assignee_id": o.member.UserID})
		w.create(o.admin, o.shop, members{"title": "b"})
		w.create(o.member, w.inbox(o.member), members{"title": "c"})
		const own = "/api/v1/tasks"
		require.Equal(t, "b a", titles(t, o.other, tasksOf(o.shop), ""))
		require.Equal(t, "a", titles(t, o.member, tasksOf(o.shop), "assignee_id=me"))
		require.Equal(t, "c a", titles(t, o.member, own, ""))
		require.Equal(t, "a", titles(t, o.member, own, "project_id="+o.shop.ProjectID.String()))
		for _, who := range []person{o.owner, o.admin, o.other} {
			require.Empty(t, titles(t, who, own, ""), "what is managed or read only is not one's own")
			require.Empty(t, titles(t, who, own, "project_id="+o.shop.ProjectID.String()))
		}
	})
}

// Whoever leaves loses at once what they saw as a member and what they were to do.
func TestARemovedMemberLosesTheirTasks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		archived, garden := w.Project(o.owner, moduletest.Of(o.ID)), w.Project(o.owner)
		given := members{"assignee_id": o.member.UserID, "status": "done"}
		made, frozen := w.create(o.admin, o.shop, given), w.create(o.admin, archived, given)
		others := w.create(o.admin, o.shop, members{"assignee_id": o.other.UserID})
		personal := w.create(o.owner, garden, members{"assignee_id": o.member.UserID})
		w.Publish(moduletest.Archived(archived))
		tag := o.owner.Get(made.path()).ETag()

		removal := moduletest.Removed(o.membership)
		removal.ByID = o.owner.UserID
		w.Publish(removal)
		cleared := w.ExpectEvents("tasks.tasks_unassigned")[0].(events.TasksUnassigned)
		require.ElementsMatch(t, []ids.ID{made.ID, frozen.ID}, cleared.TaskIDs)
		cleared.TaskIDs = nil
		require.Equal(t, events.TasksUnassigned{
			FormerAssigneeID: o.member.UserID, OrganizationID: o.ID, ByID: o.owner.UserID, At: cleared.At,
		}, cleared)

		o.member.Get(made.path()).RequireProblem(404, "not_found")
		o.member.Patch(made.path(), members{"title": "mine"}).RequireProblem(404, "not_found")
		o.member.Get(tasksOf(o.shop)).RequireProblem(404, "not_found")
		require.Equal(t, "Dig", titles(t, o.member, "/api/v1/tasks", ""), "what is not the organisation's stays")
		o.member.Get(personal.path()).Require(200)
		require.Equal(t, o.other.UserID, *w.read(o.owner, others).AssigneeID)

		want := made
		want.AssigneeID, want.UpdatedAt = nil, cleared.At
		require.Equal(t, want, w.read(o.owner, made))
		require.NotEqual(t, tag, o.owner.Get(made.path()).ETag())
		o.owner.Patch(made.path(), members{"title": "late"}, "If-Match", tag).RequireProblem(412, "precondition_failed")
		require.Nil(t, w.read(o.owner, frozen).AssigneeID)

		again := o.membership
		again.Version = 5
		w.Publish(events.MemberAdded{Membership: again, At: moduletest.Start})
		o.member.Get(made.path()).Require(200)
		o.owner.Patch(made.path(), members{"assignee_id": o.member.UserID}).Require(200)
	})
}

func (w *world) read(who person, t task) task {
	w.t.Helper()
	var now task
	who.Get(t.path()).Decode(200, &now)
	return now
}

// However many tasks somebody had, they are cleared in one act, a batch at a time.
func TestARemovedMemberOfManyTasks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const many = 1200
		o := w.organization()
		made := w.create(o.admin, o.shop, members{"assignee_id": o.member.UserID})
		w.fill(made, many)
		began := time.Now()
		w.Publish(moduletest.Removed(o.membership))
		t.Logf("%d tasks were cleared in %s", many, time.Since(began))
		seen := map[ids.ID]bool{}
		for _, e := range w.Events() {
			batch := e.(events.TasksUnassigned)
			require.LessOrEqual(t, len(batch.TaskIDs), 500)
			for _, id := range batch.TaskIDs {
				seen[id] = true
			}
		}
		require.Len(t, seen, many+1)
		require.Zero(t, w.Count("tasks WHERE assignee_id IS NOT NULL"))
	})
}

// The creator is told of a new status only if they may still see the task; the event says so.
func TestAStatusChangeSaysWhetherTheCreatorSees(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, root := w.organization(), w.admin("Root")
		sees := func(made task) bool {
			t.Helper()
			w.Events()
			o.owner.Patch(made.path()+"/complete", nil).Require(200)
			return w.ExpectEvents("tasks.task_changed", "tasks.task_status_changed")[1].(events.TaskStatusChanged).CreatorSees
		}
		byAdmin, byRoot := w.create(o.admin, o.shop, nil), w.create(root, o.shop, nil)
		require.True(t, sees(byAdmin))
		require.True(t, sees(byRoot), "a system admin sees everything")
		w.Publish(moduletest.WithRole(o.admins, auth.OrganizationMember))
		require.True(t, sees(byAdmin))
		gone := o.admins
		gone.Version = 3
		w.Publish(moduletest.Removed(gone))
		require.False(t, sees(byAdmin))
		user := root.User
		user.Role, user.Version = string(auth.RoleUser), 2
		w.Publish(events.UserChanged{User: user, At: moduletest.Start})
		require.False(t, sees(byRoot))
	})
}

func TestADeletedOrganisationTakesItsTasks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		many := 10_000
		if dbtest.Race && w.DB.Dialect() == database.SQLite {
			many = 500
		}
		o, other := w.organization(), w.organization()
		market := w.Project(o.admin, moduletest.Of(o.ID))
		made := w.create(o.owner, o.shop, members{"assignee_id": o.member.UserID})
		w.create(o.owner, market, nil)
		kept := w.create(other.owner, other.shop, nil)
		w.fill(made, many)
		began := time.Now()
		statements := w.Statements(func() { w.Publish(moduletest.OrganizationDeleted(o.ID)) })
		t.Logf("%d tasks were deleted in %s", many, time.Since(began))
		require.LessOrEqual(t, len(statements), 5, "%q", statements)
		w.ExpectNoEvents()
		for _, path := range []string{made.path(), tasksOf(o.shop), tasksOf(market)} {
			o.member.Get(path).RequireProblem(404, "not_found")
			o.owner.Get(path).RequireProblem(404, "not_found")
		}
		other.member.Get(kept.path()).Require(200)
		require.EqualValues(t, 1, w.Count("tasks"))
		require.EqualValues(t, 4, w.Count("task_members"))
		require.Zero(t, w.Count("task_projects WHERE organization_id = ?", o.ID))
	})
}

// The budgets of docs/quality for what an organisation has: a statement is a round trip.
func TestStatementBudgetInAnOrganisation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		made := w.create(o.admin, o.shop, members{"assignee_id": o.member.UserID})
		for _, c := range []struct {
			name string
			most int
			do   func()
		}{
			{"read", 1, func() { o.other.Get(made.path()).Require(200) }},
			{"page of a project", 1, func() { o.other.Get(tasksOf(o.shop)).Require(200) }},
			{"own page", 1, func() { o.member.Get("/api/v1/tasks").Require(200) }},
			{"create", 3, func() { o.owner.Post(tasksOf(o.shop), members{"title": "Dig"}).Require(201) }},
			{"create, assigned", 4, func() {
				o.owner.Post(tasksOf(o.shop), members{"title": "Dig", "assignee_id": o.member.UserID}).Require(201)
			}},
			{"change", 4, func() { o.member.Patch(made.path(), members{"title": "Plant"}).Require(200) }},
			{"assign", 5, func() { o.owner.Patch(made.path(), members{"assignee_id": o.other.UserID}).Require(200) }},
			{"complete", 4, func() { o.other.Patch(made.path()+"/complete", nil).Require(200) }},
			{"delete", 4, func() { o.owner.Delete(made.path()).Require(204) }},
		} {
			statements := w.Statements(c.do)
			require.LessOrEqual(t, len(statements), c.most, "%s: %q", c.name, statements)
		}
	})
}
