package comments_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
		*m.who = w.User(m.name)
		*m.kept = w.Join(o.ID, m.who.UserID, m.role)
	}
	o.shop = w.Project(o.owner, moduletest.Of(o.ID))
	return o
}

func TestWhoMayDoWhatInAnOrganisation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, root, former, maker := w.organization(), w.Admin("Root"), w.User("Former"), w.User("Maker")
		w.Publish(moduletest.Removed(w.Join(o.ID, former.UserID, auth.OrganizationOwner)))
		elsewhere := w.organization().owner
		sell := w.task(w.Project(maker, moduletest.Of(o.ID)), assignedTo(o.member)) // who made it is no member
		for name, c := range map[string]struct {
			who                                person
			list, create, read, change, remove int
			asAdmin                            bool
		}{
			"owner":            {o.owner, 200, 201, 200, 403, 403, false},
			"admin":            {o.admin, 200, 201, 200, 200, 204, false}, // the author
			"assignee":         {o.member, 200, 201, 200, 403, 403, false},
			"member":           {o.other, 200, 403, 200, 403, 403, false},
			"former owner":     {former, 404, 404, 404, 404, 404, false},
			"maker":            {maker, 404, 404, 404, 404, 404, false},
			"owner of another": {elsewhere, 404, 404, 404, 404, 404, false},
			"system admin":     {root, 200, 201, 200, 403, 204, true},
		} {
			made := w.say(o.admin, sell, "mine")
			c.who.Get(commentsOn(sell)).Require(c.list)
			c.who.Get(made.path()).Require(c.read)
			c.who.Post(commentsOn(sell), members{"body": "I"}).Require(c.create)
			c.who.Patch(made.path(), members{"body": "yours"}).Require(c.change)
			c.who.Delete(made.path()).Require(c.remove)
			for _, e := range w.Events() {
				switch e := e.(type) {
				case events.CommentAdded:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				case events.CommentDeleted:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				}
			}
		}
	})
}

// Whoever leaves loses at once what they saw as a member and as an assignee, their own comments too.
func TestARemovedMemberLosesTheirComments(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		sell, others := w.task(o.shop, assignedTo(o.member)), w.task(o.shop, assignedTo(o.other))
		made := w.say(o.member, sell, "Where?")
		cleared := events.TasksUnassigned{
			TaskIDs: []ids.ID{sell.TaskID}, FormerAssigneeID: o.member.UserID, OrganizationID: o.ID, At: moduletest.Start,
		}
		w.Publish(moduletest.Removed(o.membership), cleared)
		for _, on := range []events.Task{sell, others} {
			o.member.Get(commentsOn(on)).RequireProblem(404, "not_found")
			o.member.Post(commentsOn(on), members{"body": "Here?"}).RequireProblem(404, "not_found")
		}
		o.member.Get(made.path()).RequireProblem(404, "not_found")
		o.member.Patch(made.path(), members{"body": "Here?"}).RequireProblem(404, "not_found")
		o.member.Delete(made.path()).RequireProblem(404, "not_found")
		o.other.Post(commentsOn(others), members{"body": "Mine still"}).Require(201)
		o.owner.Get(made.path()).Require(200)

		again := o.membership
		again.Version = 5
		w.Publish(events.MemberAdded{Membership: again, At: moduletest.Start})
		o.member.Patch(made.path(), members{"body": "Back again"}).Require(200)
		o.member.Post(commentsOn(sell), members{"body": "Mine?"}).RequireProblem(403, "forbidden")
	})
}

// The creator of a task is told of comments only if they may still see it; the event says so.
func TestACommentSaysWhetherTheCreatorSees(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, root := w.organization(), w.Admin("Root")
		by := func(who person) func(*events.Task) { return func(t *events.Task) { t.CreatedBy = who.UserID } }
		sees := func(on events.Task) bool {
			t.Helper()
			w.Events()
			o.owner.Post(commentsOn(on), members{"body": "?"}).Require(201)
			return w.ExpectEvents("comments.comment_added")[0].(events.CommentAdded).CreatorSees
		}
		byAdmin, byRoot := w.task(o.shop, by(o.admin)), w.task(o.shop, by(root))
		require.True(t, sees(byAdmin))
		require.True(t, sees(byRoot), "a system admin sees everything")
		w.Publish(moduletest.Removed(o.admins))
		require.False(t, sees(byAdmin))
		user := root.User
		user.Role, user.Version = string(auth.RoleUser), 2
		w.Publish(events.UserChanged{User: user, At: moduletest.Start})
		require.False(t, sees(byRoot))
	})
}

func TestADeletedOrganisationTakesItsComments(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, other := w.organization(), w.organization()
		for range 3 {
			sell := w.task(w.Project(o.owner, moduletest.Of(o.ID)))
			w.say(o.owner, sell, "one")
			w.say(o.admin, sell, "two")
		}
		kept := w.say(other.owner, w.task(other.shop), "kept")
		statements := w.Statements(func() { w.Publish(moduletest.OrganizationDeleted(o.ID)) })
		require.LessOrEqual(t, len(statements), 5)
		for table, left := range map[string]int64{
			"comments": 1, "comment_tasks": 1, "comment_projects": 1, "comment_members": 4,
		} {
			require.Equal(t, left, w.Count(table), table)
		}
		other.member.Get(kept.path()).Require(200)
		w.ExpectEvents()
	})
}

func TestStatementsInAnOrganisation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		sell := w.task(o.shop, assignedTo(o.member))
		made := w.say(o.member, sell, "first")
		for _, c := range []struct {
			name string
			most int
			send func()
		}{
			{"read", 1, func() { o.other.Get(made.path()).Require(200) }},
			{"page", 1, func() { o.other.Get(commentsOn(sell)).Require(200) }},
			{"add", 4, func() { o.owner.Post(commentsOn(sell), members{"body": "second"}).Require(201) }},
			{"change", 4, func() { o.member.Patch(made.path(), members{"body": "First"}).Require(200) }},
			{"delete", 4, func() { o.member.Delete(made.path()).Require(204) }},
		} {
			require.Len(t, w.Statements(c.send), c.most, c.name)
		}
	})
}
