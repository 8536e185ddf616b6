package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// The roles of the matrix. What each is to a thing is said in testdata/matrix.txt and made in [actor.build].
const (
	nobody       = "nobody"
	disabled     = "disabled"
	stranger     = "stranger"
	member       = "member"
	orgAdmin     = "admin"
	orgOwner     = "owner"
	projectOwner = "p-owner"
	assignee     = "assignee"
	author       = "author"
	former       = "former"
	root         = "root"
)

var roles = []string{
	nobody, disabled, stranger, member, orgAdmin, orgOwner, projectOwner, assignee, author, former, root,
}

// company is the people around those who are tried.
type company struct {
	p     *harness.Program
	root  *harness.Person
	host  *harness.Person // has personal projects
	boss  *harness.Person // founds organisations that the roles are in
	rival *harness.Person // founds organisations that they are not in
	extra *harness.Person // a member of every organisation, the assignee where nobody else is
	olga  *harness.Person // another owner of every organisation
	newly *harness.Person // belongs to nothing
}

func newCompany(p *harness.Program) company {
	return company{
		p, p.Admin(), p.Register("Host"), p.Register("Boss"), p.Register("Rival"), p.Register("Extra"), p.Register("Olga"),
		p.Register("Newly"),
	}
}

// on has failures reported to another test.
func (c company) on(t *testing.T) company {
	for _, who := range []**harness.Person{&c.root, &c.host, &c.boss, &c.rival, &c.extra, &c.olga, &c.newly} {
		other := **who
		other.Client = other.On(t)
		*who = &other
	}
	p := *c.p
	p.Client = p.On(t)
	c.p = &p
	return c
}

// actor is somebody of one role, with one of everything for each ownership.
type actor struct {
	company
	t       *testing.T
	role    string
	who     *harness.Person // nil: nobody
	as      *harness.Client // calls as they do
	things  map[string]map[string]string
	session map[string]string // that can be ended, by ownership
	feed    map[string]string // a notification, by ownership
	serial  int
}

func newActor(t *testing.T, c company, role string) *actor {
	c = c.on(t)
	a := &actor{company: c, t: t, role: role, as: c.p.With(""), session: map[string]string{}, feed: map[string]string{}}
	a.things = map[string]map[string]string{}
	if role != nobody {
		a.who = c.p.Register("Act")
		a.as = a.who.Client
	}
	if role == root {
		c.root.Patch("/users/"+a.who.ID, map[string]any{"role": "admin"}).Wants(http.StatusOK)
	}
	for _, of := range ownerships {
		a.build(of)
		a.notify(of)
	}
	if role == disabled {
		a.login()
		c.root.Patch("/users/"+a.who.ID, map[string]any{"is_active": false}).Wants(http.StatusOK)
	}
	return a
}

// thing returns the id of what a request is about.
func (a *actor) thing(of, kind string) string {
	switch {
	case kind == "sessions":
		return a.spareSession(of)
	case kind == "notifications":
		return a.feed[of]
	case kind == "users":
		return a.holder(of).ID
	case a.things[of] == nil:
		a.build(of)
	}
	if a.things[of][kind] == "" {
		a.things[of][kind] = a.make(of, kind)
	}
	return a.things[of][kind]
}

// make has a thing of a kind that a module brought along made by whose it is, as the document's example says.
func (a *actor) make(of, kind string) string {
	holder := a.holder(of)
	if of == own && a.is(disabled) {
		holder = a.host
	}
	for _, o := range a.p.Operations() {
		if name(o) == "POST /api/v1/"+kind {
			body, _ := o.BodyExample()
			return harness.Created[struct{ ID string }](holder.Post("/"+kind, body)).ID
		}
	}
	return ""
}

// holder is whose accounts, sessions and notifications those of an ownership are.
func (a *actor) holder(of string) *harness.Person {
	switch {
	case of == shared:
		return a.boss
	case of == foreign:
		return a.rival
	case a.who == nil:
		return a.host
	}
	return a.who
}

func (a *actor) is(roles ...string) bool {
	for _, role := range roles {
		if a.role == role {
			return true
		}
	}
	return false
}

// build makes an organisation with its members, a project, a task in it and a comment on that.
func (a *actor) build(of string) {
	assigned, writer := a.extra, (*harness.Person)(nil)
	if of != foreign && a.is(assignee, author, former) {
		assigned = a.who
	}
	if of != foreign && a.is(author, former) {
		writer = a.who
	}
	things := map[string]string{}
	switch of {
	case own:
		founder, host := a.host, a.host
		if a.who != nil {
			founder = a.who
		}
		if a.is(projectOwner, disabled) {
			host, writer = a.who, a.extra
		}
		things["organizations"] = a.found(founder)
		a.work(things, host, host, assigned, writer, nil)
		if a.is(former) {
			host.Patch("/tasks/"+things["tasks"], map[string]any{"assignee_id": nil}).Wants(http.StatusOK)
		}
	case shared:
		id, maker := a.found(a.boss), a.boss
		things["organizations"] = id
		if as := a.joinsAs(); as != "" {
			a.boss.Member(id, a.who.Email, as)
		}
		if a.is(projectOwner, former) {
			maker = a.who
		}
		a.work(things, maker, a.boss, assigned, writer, &id)
		membership := "/organizations/" + id + "/members/"
		switch {
		case a.is(author):
			maker.Patch("/tasks/"+things["tasks"], map[string]any{"assignee_id": nil}).Wants(http.StatusOK)
		case a.is(projectOwner):
			a.boss.Patch(membership+a.who.ID, map[string]any{"role": "member"}).Wants(http.StatusOK)
		case a.is(former):
			a.boss.Delete(membership + a.who.ID).Wants(http.StatusNoContent)
		}
	case foreign:
		id := a.found(a.rival)
		things["organizations"] = id
		a.work(things, a.rival, a.rival, assigned, writer, &id)
	}
	things["members"], things["owners"], things["oneself"] = a.extra.ID, a.olga.ID, a.newly.ID
	if a.who != nil {
		things["oneself"] = a.who.ID
	}
	a.things[of] = things
}

// joinsAs is the role in which the actor joins the organisation.
func (a *actor) joinsAs() string {
	switch a.role {
	case member, assignee, author:
		return "member"
	case orgAdmin, projectOwner, former:
		return "admin"
	case orgOwner, disabled:
		return "owner"
	}
	return ""
}

func (a *actor) found(founder *harness.Person) string {
	id := founder.Organization("Acme").ID
	founder.Member(id, a.extra.Email, "member")
	founder.Member(id, a.olga.Email, "owner")
	return id
}

// work makes a project, a task and a comment; without a writer the comment is the chief's.
func (a *actor) work(things map[string]string, maker, chief, assigned, writer *harness.Person, organization *string) {
	body := map[string]any{"name": "Garden", "organization_id": organization}
	project := harness.Created[harness.Project](maker.Post("/projects", body))
	task := maker.Task(project.ID, "Dig", map[string]any{"assignee_id": assigned.ID})
	if writer == nil {
		writer = chief
	}
	things["projects"], things["tasks"] = project.ID, task.ID
	things["comments"] = writer.Comment(task.ID, "Deep").ID
}

// notify lets the one who holds what is of an ownership be told of something.
func (a *actor) notify(of string) {
	to := a.holder(of)
	inbox := harness.All[harness.Project](a.extra.Client, "/projects")
	a.extra.Task(inbox[len(inbox)-1].ID, "Listen", map[string]any{"assignee_id": to.ID})
	newest := harness.Into[harness.List[harness.Notification]](to.Get("/notifications?limit=1").Wants(http.StatusOK))
	a.feed[of] = newest.Items[0].ID
}

// spareSession returns a session that nobody needs.
func (a *actor) spareSession(of string) string {
	if a.session[of] == "" {
		holder := a.holder(of)
		if a.is(disabled) && of == own {
			return a.thing(own, "tasks") // an id of something; the account's sessions have all ended
		}
		spare := a.p.Login(holder.Email, holder.Password)
		for _, s := range harness.All[harness.Session](spare.Client, "/auth/sessions") {
			if s.Current {
				a.session[of] = s.ID
			}
		}
	}
	return a.session[of]
}

// login gives the actor new tokens, if they can have any.
func (a *actor) login() {
	if a.who != nil {
		a.who = a.p.Login(a.who.Email, a.who.Password)
		a.as = a.who.Client
	}
}

// settle has made anew what a request did away with.
func (a *actor) settle(o harness.Operation, row matrixRow) {
	switch {
	case a.is(disabled, nobody): // they can change nothing, and the test has failed if they did
	case o.ID == "logout-all" || o.ID == "change-password":
		a.login()
		delete(a.session, own)
	case o.ID == "end-session" || o.ID == "end-my-session":
		delete(a.session, row.of)
	case o.Method == http.MethodPatch || o.Method == http.MethodDelete || o.ID == "add-member":
		delete(a.things, row.of)
	}
}

// request is what the actor sends, and as whom.
type request struct {
	as   *harness.Client
	path string
	body any
}

// request makes the well-formed request of a row. What is not said here is the document's example.
func (a *actor) request(o harness.Operation, row matrixRow) request {
	r := request{as: a.as, path: a.path(o, row)}
	if body, takesBody := o.BodyExample(); takesBody {
		r.body = a.body(o, row, body)
	}
	if o.ID == "logout" && a.who != nil {
		// Without a body it is the session of the header that ends.
		r.body = nil
		if !a.is(disabled) {
			r.as = a.p.Login(a.who.Email, a.who.Password).Client
		}
	}
	if lists(o) {
		r.path += "?limit=100"
	}
	if strings.HasSuffix(o.Path, "/stream") {
		r.path += "?after_seq=x" // which is looked at last: what is open would never end
	}
	switch row.variant {
	case "(all)":
		r.path += "&scope=all"
	case "(in-organization)":
		r.path += "&organization_id=" + a.thing(row.of, "organizations")
	case "(in-project)":
		r.path += "&project_id=" + a.thing(row.of, "projects")
	}
	return r
}

func (a *actor) path(o harness.Operation, row matrixRow) string {
	segments := strings.Split(o.Path, "/")
	for i, segment := range segments {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		kind := segments[i-1]
		if kind == "members" {
			kind = map[string]string{"(an-owner)": "owners", "(oneself)": "oneself"}[row.variant]
			if kind == "" {
				kind = "members"
			}
		}
		id := a.thing(row.of, kind)
		require.NotEmpty(a.t, id, "%s: this test makes no %s yet", row.name(), kind)
		segments[i] = id
	}
	return strings.Join(segments, "/")
}

// body puts what is there in the place of what the example names.
func (a *actor) body(o harness.Operation, row matrixRow, body map[string]any) any {
	a.serial++
	unique := fmt.Sprintf("%s-%d", a.role, a.serial)
	email, password, refresh := "nobody@example.com", "nobody's own password", "x"
	if a.who != nil {
		email, password, refresh = a.who.Email, a.who.Password, a.who.Tokens.RefreshToken
	}
	switch o.ID {
	case "login":
		return map[string]any{"email": email, "password": password}
	case "register":
		return map[string]any{"email": unique + "@example.com", "password": "four brown cows moo"}
	case "refresh-tokens", "logout":
		if o.ID == "refresh-tokens" && a.who != nil && !a.is(disabled) {
			refresh = a.p.Login(email, password).Tokens.RefreshToken
		}
		return map[string]any{"refresh_token": refresh}
	case "forgot-password":
		return map[string]any{"email": email}
	case "resend-verification":
		return map[string]any{}
	case "change-password":
		return map[string]any{"current_password": password, "new_password": password}
	case "update-me", "update-user":
		return map[string]any{"display_name": "Somebody"}
	case "create-project":
		delete(body, "organization_id")
		if row.variant == "(for-organization)" {
			body["organization_id"] = a.thing(row.of, "organizations")
		}
	case "create-organization", "update-organization":
		body["slug"] = unique
	case "add-member":
		body = map[string]any{"user_id": a.newly.ID, "role": "member"}
	case "create-project-task", "update-task", "create-task":
		body["assignee_id"] = a.extra.ID
		if row.variant == "(to-newcomer)" {
			body["assignee_id"] = a.newly.ID
		}
	}
	if role, ok := map[string]string{"(as-owner)": "owner", "(an-owner)": "member", "(oneself)": "member"}[row.variant]; ok {
		body["role"] = role
	}
	return maps.Clone(body)
}
