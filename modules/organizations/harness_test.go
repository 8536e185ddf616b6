package organizations_test

import (
	"testing"
	"time"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/organizations"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func build(d module.Deps) { organizations.New(d) }

// world is the module alone.
type world struct {
	*moduletest.World
	t *testing.T
}

// each runs the test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	moduletest.Each(t, build, func(t *testing.T, w *moduletest.World) { test(t, &world{w, t}) })
}

type person = moduletest.Person

const organizationsPath = "/api/v1/organizations"

// organization is an organisation as a client sees it.
type organization struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	Slug      string    `json:"slug"`
	Role      string    `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (o organization) path() string { return organizationsPath + "/" + o.ID.String() }

func (o organization) members() string { return o.path() + "/members" }

func (o organization) member(who person) string { return o.members() + "/" + who.UserID.String() }

// asEvent is the organisation as an event carries it.
func (o organization) asEvent(version int64) events.Organization {
	return events.Organization{OrganizationID: o.ID, Name: o.Name, Slug: o.Slug, Version: version}
}

// membership is somebody's part in the organisation as an event carries it.
func (o organization) membership(who person, role string, version int64) events.Membership {
	return events.Membership{OrganizationID: o.ID, UserID: who.UserID, Role: role, Version: version}
}

// member is a member as a client sees them.
type member struct {
	UserID      ids.ID    `json:"user_id"`
	Email       string    `json:"email"`
	DisplayName string    `json:"display_name"`
	Role        string    `json:"role"`
	CreatedAt   time.Time `json:"created_at"`
}

type body map[string]any

// create makes an organisation, and keeps quiet about it.
func (w *world) create(who person, name string) organization {
	w.t.Helper()
	var made organization
	who.Post(organizationsPath, body{"name": name}).Decode(201, &made)
	w.Events()
	return made
}

// add makes somebody a member, as one of the owners would, and keeps quiet about it.
func (w *world) add(owner person, o organization, who person, role string) {
	w.t.Helper()
	owner.Post(o.members(), body{"user_id": who.UserID, "role": role}).Require(201)
	w.Events()
}

// roles returns what everybody is, by name.
func (w *world) roles(who person, o organization) map[string]string {
	w.t.Helper()
	var p httpservertest.Page[member]
	who.Get(o.members()+"?limit=100").Decode(200, &p)
	roles := map[string]string{}
	for _, m := range p.Items {
		roles[m.DisplayName] = m.Role
	}
	return roles
}

// team is an organisation with somebody of every kind.
type team struct {
	organization
	owner, admin, reader person // of the organisation
	stranger, root       person // who are not in it; root is a system admin
}

func (w *world) team() team {
	w.t.Helper()
	t := team{
		owner: w.User("Owen"), admin: w.User("Ada"), reader: w.User("Mem"), stranger: w.User("Eve"), root: w.Admin("Root"),
	}
	t.organization = w.create(t.owner, "Acme")
	w.add(t.owner, t.organization, t.admin, "admin")
	w.add(t.owner, t.organization, t.reader, "member")
	return t
}

// request is something to be sent beside another.
type request func() *httpservertest.Answer

func patching(who person, path string, b body, headers ...string) request {
	return func() *httpservertest.Answer { return who.Patch(path, b, headers...) }
}

func posting(who person, path string, b body) request {
	return func() *httpservertest.Answer { return who.Post(path, b) }
}

func deleting(who person, path string) request {
	return func() *httpservertest.Answer { return who.Delete(path) }
}
