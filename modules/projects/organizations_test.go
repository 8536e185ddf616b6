package projects_test

import (
	"fmt"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// organization is one with an owner, an admin and a member.
type organization struct {
	ID                         ids.ID
	owner, admin, member       person
	owners, admins, membership events.Membership
}

func (w *world) organization() organization {
	w.t.Helper()
	o := organization{ID: ids.New(), owner: w.user(), admin: w.user(), member: w.user()}
	o.owners = w.Join(o.ID, o.owner.UserID, auth.OrganizationOwner)
	o.admins = w.Join(o.ID, o.admin.UserID, auth.OrganizationAdmin)
	o.membership = w.Join(o.ID, o.member.UserID, auth.OrganizationMember)
	return o
}

// share makes a project of an organisation, and keeps quiet about it.
func (w *world) share(who person, in ids.ID, name string) project {
	w.t.Helper()
	var made project
	who.Post(projectsPath, members{"name": name, "organization_id": in}).Decode(201, &made)
	require.Equal(w.t, in, *made.OrganizationID)
	w.Events()
	return made
}

func TestAProjectOfAnOrganisationFromCreationToDeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		var made project
		o.admin.Post(projectsPath, members{"name": "Shop", "organization_id": o.ID}).Decode(201, &made)
		require.Equal(t, o.admin.UserID, made.OwnerID)
		require.Equal(t, o.ID, *made.OrganizationID)
		require.Equal(t, []eventbus.Event{
			events.ProjectCreated{Project: made.asEvent(1), ByID: o.admin.UserID, At: made.CreatedAt},
		}, w.Events())
		w.Publish(made.taskCreated("todo"), made.taskCreated("done"), made.taskMoved("todo", "in_progress"))
		made.TaskCounts = counts{InProgress: 1, Done: 1}
		for _, who := range []person{o.owner, o.admin, o.member} {
			require.Equal(t, made, w.read(who, made))
			require.Equal(t, "Shop", names(t, who, ""))
		}
		o.owner.Patch(made.path(), members{"name": "Market"}).Decode(200, &made)
		require.Equal(t, []eventbus.Event{
			events.ProjectChanged{Project: made.asEvent(2), ByID: o.owner.UserID, At: made.UpdatedAt},
		}, w.Events())
		o.owner.Delete(made.path()).Require(204)
		gone := w.ExpectEvents("projects.project_deleted")[0].(events.ProjectDeleted)
		require.Equal(t, events.ProjectDeleted{
			ProjectID: made.ID, OwnerID: o.admin.UserID, OrganizationID: &o.ID, ByID: o.owner.UserID, At: gone.At,
		}, gone)
		require.Zero(t, w.Count("project_task_deltas"))
	})
}

func TestWhoMayDoWhatInAnOrganisation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		former, root := w.user(), w.admin()
		w.Publish(moduletest.Removed(w.Join(o.ID, former.UserID, auth.OrganizationOwner)))
		rootOwns := w.admin()
		w.Join(o.ID, rootOwns.UserID, auth.OrganizationOwner)
		elsewhere := w.organization().owner
		for name, c := range map[string]struct {
			who                          person
			read, change, remove, create int
			asAdmin                      bool
		}{
			"owner":                     {o.owner, 200, 200, 204, 201, false},
			"admin":                     {o.admin, 200, 200, 204, 201, false},
			"member":                    {o.member, 200, 403, 403, 403, false},
			"former owner":              {former, 404, 404, 404, 422, false},
			"owner of another":          {elsewhere, 404, 404, 404, 422, false},
			"system admin":              {root, 200, 200, 204, 201, true},
			"system admin who is owner": {rootOwns, 200, 200, 204, 201, false},
		} {
			made := w.share(o.owner, o.ID, "Shop")
			c.who.Get(made.path()).Require(c.read)
			c.who.Patch(made.path(), members{"name": "Market"}).Require(c.change)
			c.who.Delete(made.path()).Require(c.remove)
			answer := c.who.Post(projectsPath, members{"name": "Park", "organization_id": o.ID}).Require(c.create)
			if c.create == 422 {
				require.Equal(t, []string{"body.organization_id"}, answer.RequireProblem(422, "validation_failed").Locations())
				missing := c.who.Post(projectsPath, members{"name": "Park", "organization_id": ids.New()})
				require.Equal(t, told(answer), told(missing), "a foreign organisation is like none")
			}
			happened := w.Events()
			require.Equal(t, c.change == 200, len(happened) > 0, name)
			for _, e := range happened {
				switch e := e.(type) {
				case events.ProjectCreated:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				case events.ProjectChanged:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				case events.ProjectDeleted:
					require.Equal(t, c.asAdmin, e.AsAdmin, name)
				}
			}
		}
		root.Post(projectsPath, members{"name": "Park", "organization_id": ids.New()}).RequireProblem(422, "validation_failed")
		w.ExpectNoEvents()
	})
}

// told is an answer without what is different in every one.
func told(answer *httpservertest.Answer) string {
	return regexp.MustCompile(`"request_id":"[^"]*"`).ReplaceAllString(string(answer.Body), "")
}

func TestRolesActAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		made := w.share(o.admin, o.ID, "Shop")
		w.Publish(moduletest.WithRole(o.admins, auth.OrganizationMember))
		o.admin.Patch(made.path(), members{"name": "Mine"}).RequireProblem(403, "forbidden")
		w.Publish(moduletest.WithRole(o.membership, auth.OrganizationAdmin))
		o.member.Patch(made.path(), members{"name": "Market"}).Require(200)
		gone := o.membership
		gone.Version = 2
		w.Publish(moduletest.Removed(gone))
		o.member.Get(made.path()).RequireProblem(404, "not_found")
		o.member.Patch(made.path(), members{"name": "Mine"}).RequireProblem(404, "not_found")
		require.Empty(t, names(t, o.member, ""))
	})
}

func TestAProjectNeverMoves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		personal, shared := w.create(o.owner, "Garden"), w.share(o.owner, o.ID, "Shop")
		inbox := w.inbox(o.owner)
		for _, p := range []project{personal, shared, inbox} {
			for _, to := range []any{o.ID, nil, ids.New()} {
				require.Equal(t, []string{"body.organization_id"}, o.owner.Patch(p.path(), members{"organization_id": to}).
					RequireProblem(422, "validation_failed").Locations())
			}
		}
		for _, odd := range []any{"", "mine", 1, []string{}} {
			o.owner.Post(projectsPath, members{"name": "a", "organization_id": odd}).RequireProblem(422, "validation_failed")
		}
		var made project
		o.owner.Post(projectsPath, members{"name": "a", "organization_id": nil}).Decode(201, &made)
		require.Nil(t, made.OrganizationID)
	})
}

func TestListsHoldWhatOrganisationsHave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one, two, root := w.organization(), w.organization(), w.admin()
		w.Join(two.ID, one.member.UserID, auth.OrganizationMember)
		w.create(one.member, "d")
		w.share(one.owner, one.ID, "c")
		w.share(two.owner, two.ID, "b")
		w.share(one.owner, one.ID, "a")
		w.create(one.owner, "e")
		ofOne, ofTwo := "organization_id="+one.ID.String(), "organization_id="+two.ID.String()
		for _, c := range []struct {
			who         person
			query, want string
		}{
			{one.member, "sort=created_at", "d c b a"},
			{one.member, "sort=-name", "d c b a"},
			{one.member, "status=archived", ""},
			{one.member, ofOne + "&sort=name", "a c"},
			{one.member, ofTwo, "b"},
			{one.owner, "sort=name", "a c e"},
			{one.owner, ofTwo, ""},
			{one.owner, "organization_id=" + ids.New().String(), ""},
			{two.member, "", "b"},
			{root, "", ""},
			{root, ofOne, ""},
			{root, "scope=all&sort=name", "a b c d e"},
			{root, "scope=all&sort=name&" + ofOne, "a c"},
		} {
			require.Equal(t, c.want, names(t, c.who, c.query), c.query)
		}
		one.owner.Get(projectsPath+"?organization_id=mine").RequireProblem(422, "validation_failed")
		one.owner.Get(projectsPath+"?scope=all&"+ofOne).RequireProblem(403, "forbidden")

		seen, next := "", projectsPath+"?sort=name&limit=1"
		for next != "" {
			var p httpservertest.Page[project]
			link := one.member.Get(next).Decode(200, &p).Header.Get("Link")
			seen += p.Items[0].Name
			next = linked(t, link, p)
		}
		require.Equal(t, "abcd", seen)
		var p httpservertest.Page[project]
		one.member.Get(projectsPath+"?limit=1").Decode(200, &p)
		one.member.Get(projectsPath+"?"+ofOne+"&cursor="+url.QueryEscape(*p.NextCursor)).RequireProblem(422, "cursor_mismatch")
	})
}

func TestAnOrganisationGoesWithItsProjects(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, other := w.organization(), w.organization()
		for n := range 5 {
			made := w.share(o.owner, o.ID, fmt.Sprint(n))
			w.Publish(made.taskCreated("todo"))
		}
		kept, personal := w.share(other.owner, other.ID, "kept"), w.create(o.owner, "mine")
		w.Publish(kept.taskCreated("todo"))
		statements := w.Statements(func() { w.Publish(moduletest.OrganizationDeleted(o.ID)) })
		require.LessOrEqual(t, len(statements), 5, "however many there are")
		require.EqualValues(t, 2, w.Count("projects"))
		require.EqualValues(t, 1, w.Count("project_task_deltas"))
		require.EqualValues(t, 3, w.Count("project_members"))
		require.Equal(t, "mine", names(t, o.owner, ""))
		require.Equal(t, counts{Todo: 1}, w.read(other.member, kept).TaskCounts)
		o.owner.Get(personal.path()).Require(200)
		o.owner.Post(projectsPath, members{"name": "a", "organization_id": o.ID}).RequireProblem(422, "validation_failed")
		w.ExpectEvents()
	})
}

func TestStatementsOnProjectsOfOrganisations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		for range 30 {
			w.share(o.owner, w.Join(ids.New(), o.owner.UserID, auth.OrganizationOwner).OrganizationID, "Shop")
		}
		made := w.share(o.owner, o.ID, "Shop")
		for name, c := range map[string]struct {
			count int
			send  func()
		}{
			"read":   {1, func() { o.member.Get(made.path()).Require(200) }},
			"page":   {1, func() { o.owner.Get(projectsPath).Require(200) }},
			"create": {2, func() { o.owner.Post(projectsPath, members{"name": "a", "organization_id": o.ID}).Require(201) }},
		} {
			require.Len(t, w.Statements(c.send), c.count, name)
		}
	})
}
