package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"fasttrack/e2e/harness"
)

// world has one of everything that a path can name, and somebody who may do everything to it.
type world struct {
	t      testing.TB
	p      *harness.Program
	root   *harness.Person // the superuser, who only makes actors
	actor  *harness.Person // a system admin
	victim *harness.Person
	ids    map[string]string   // by the segment before the parameter
	added  []string            // the segments of what this test itself knows nothing about, see id
	tokens map[string][]string // that were mailed, by the operation that takes them
}

func newWorld(t testing.TB, p *harness.Program) *world {
	w := &world{t: t, p: p, root: p.Admin(), ids: map[string]string{}, tokens: map[string][]string{}}
	w.replaceActor()
	w.renewThings()
	return w
}

// replaceActor makes another admin, since what the actor did to their own account cannot be undone.
func (w *world) replaceActor() {
	w.actor = w.p.Register("Act")
	w.root.Patch("/users/"+w.actor.ID, map[string]any{"role": "admin"}).Wants(200)
	w.renewActor()
}

// renewActor logs the actor in, with a second session that can be ended.
func (w *world) renewActor() {
	w.actor = w.p.Login(w.actor.Email, w.actor.Password)
	spare := w.p.Login(w.actor.Email, w.actor.Password)
	for _, s := range harness.All[harness.Session](spare.Client, "/auth/sessions") {
		if s.Current {
			w.ids["sessions"] = s.ID
		}
	}
}

// renewThings makes everything anew, since what was there may have been deleted or archived.
func (w *world) renewThings() {
	w.victim = w.p.Register("Vic")
	project := w.victim.Project("Garden")
	task := w.victim.Task(project.ID, "Dig", nil)
	comment := w.actor.Comment(task.ID, "Deep") // only its author may change it
	mine := w.actor.Task(w.actor.Project("Mine").ID, "Mow", map[string]any{"assignee_id": w.victim.ID})
	w.victim.Comment(mine.ID, "Done?") // tells the actor
	feed := harness.Into[harness.List[harness.Notification]](w.actor.Get("/notifications?limit=1").Wants(200))
	maps.Copy(w.ids, map[string]string{
		"projects": project.ID, "tasks": task.ID, "comments": comment.ID, "users": w.victim.ID,
		"notifications": feed.Items[0].ID,
	})
	for _, kind := range w.added {
		delete(w.ids, kind)
	}
	w.added = nil
	acme := w.actor.Organization("Acme")
	w.actor.Member(acme.ID, w.root.Email, "member")
	maps.Copy(w.ids, map[string]string{"organizations": acme.ID, "members": w.root.ID})
}

// shot is a request that can be bent in every way.
type shot struct {
	method  string
	path    string // escaped
	query   string // raw
	headers http.Header
	body    []byte // nil: none
	members map[string]json.RawMessage
}

// aim returns the well-formed request for an operation that the actor may do.
func (w *world) aim(o harness.Operation) *shot {
	s := &shot{method: o.Method, path: w.path(o), headers: http.Header{}}
	if !o.Public {
		s.headers.Set("Authorization", "Bearer "+w.actor.Tokens.AccessToken)
	}
	body, takesBody := w.bodyOf(o)
	if !takesBody {
		return s
	}
	s.members = map[string]json.RawMessage{}
	for member, value := range body {
		s.members[member], _ = json.Marshal(value)
	}
	s.headers.Set("Content-Type", "application/json")
	s.pack()
	return s
}

func (w *world) path(o harness.Operation) string {
	segments := strings.Split(o.Path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = w.id(segments[i-1])
		}
	}
	return strings.Join(segments, "/")
}

// id returns the id of a thing. One of a kind that was added to the program is the actor's, made as its example says.
func (w *world) id(kind string) string {
	if w.ids[kind] == "" {
		w.added = append(w.added, kind)
		w.ids[kind] = makeExample(w.actor.Client, kind)
	}
	return w.ids[kind]
}

// bodyOf returns the documented example, with what it refers to replaced by what is there.
func (w *world) bodyOf(o harness.Operation) (map[string]any, bool) {
	body, takesBody := o.BodyExample()
	if o.ID == "add-member" {
		delete(body, "user_id") // it is told by one of the two
	}
	for member := range body {
		switch member {
		case "email":
			body[member] = w.victim.Email
			if o.ID == "register" || o.ID == "update-me" {
				body[member] = fmt.Sprintf("new-%08x@example.com", rand.Uint32())
			}
		case "slug":
			body[member] = fmt.Sprintf("acme-%08x", rand.Uint32())
		case "password":
			body[member] = w.victim.Password
		case "current_password", "new_password":
			body[member] = w.actor.Password
		case "token":
			body[member] = w.mailed(o.ID)
		case "refresh_token":
			body[member] = w.actor.Tokens.RefreshToken
		case "assignee_id":
			body[member] = w.victim.ID
		case "organization_id":
			delete(body, member)
			if id, there := w.ids["organizations"]; there {
				body[member] = id
			}
		}
	}
	return body, takesBody
}

// mailed returns a token for the operation that has not been used. Each was mailed to somebody of its own, to whom
// nothing else is sent; several are asked for at once, since mail takes its time.
func (w *world) mailed(operation string) string {
	if len(w.tokens[operation]) > 0 {
		return w.tokens[operation][0]
	}
	subject := harness.ConfirmMail
	if operation == "reset-password" {
		subject = harness.ResetMail
	}
	var people []string
	for range 8 {
		somebody := w.p.Register("Tom")
		if subject == harness.ResetMail {
			w.p.Post("/auth/password/forgot", map[string]any{"email": somebody.Email}).Wants(http.StatusAccepted)
		}
		people = append(people, somebody.Email)
	}
	for _, email := range people {
		w.tokens[operation] = append(w.tokens[operation], w.p.MailToken(email, subject, 1))
	}
	return w.tokens[operation][0]
}

// pack writes the members into the body, in an order that is always the same.
func (s *shot) pack(more ...string) {
	parts := slices.Clone(more)
	for _, member := range slices.Sorted(maps.Keys(s.members)) {
		parts = append(parts, fmt.Sprintf("%q:%s", member, s.members[member]))
	}
	s.body = []byte("{" + strings.Join(parts, ",") + "}")
}

// fire sends a shot. It returns nil when it is nothing that can be sent as HTTP.
func (w *world) fire(s *shot) *harness.Answer {
	target, err := url.Parse(w.p.URL + s.path)
	if err != nil {
		return nil
	}
	var body any
	if s.body != nil {
		body = s.body
	}
	request, err := w.p.Request(s.method, "/", body)
	if err != nil {
		return nil
	}
	request.URL, request.Header = target, s.headers
	request.URL.RawQuery = s.query
	answer, err := w.p.Send(request)
	if answer == nil && err != nil && !harness.IsGone(err) {
		return nil // refused by the client: a header that HTTP does not allow, say
	}
	if err != nil {
		w.t.Errorf("%s\n%v", s, err)
	}
	return answer
}

func (s *shot) String() string {
	headers := s.headers.Clone()
	if strings.HasPrefix(headers.Get("Authorization"), "Bearer ey") {
		headers.Set("Authorization", "Bearer ey…")
	}
	body := s.body
	if len(body) > 300 {
		body = append(slices.Clone(body[:300]), "…"...)
	}
	return fmt.Sprintf("%s %.300q ?%.300q\n%.500q\n%q", s.method, s.path, s.query, fmt.Sprint(headers), body)
}

// judge fails the test unless the answer is one that a client can live with, whatever it had sent: never a 5xx, and
// for every refusal the problem document with a code. That the status and the body are documented has been checked.
func (w *world) judge(s *shot, what string, a *harness.Answer) {
	if a == nil {
		return
	}
	wrong := ""
	switch {
	case a.Status >= 500:
		wrong = "a failure of the server"
	case a.Status < 400 || s.method == http.MethodHead:
	case a.Header.Get("Content-Type") != "application/problem+json":
		wrong = "not a problem document"
	default:
		var p harness.Problem
		if err := json.Unmarshal(a.Body, &p); err != nil || p.Code == "" || p.Status != a.Status || p.Title == "" ||
			p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") {
			wrong = "not the problem document"
		}
	}
	if wrong != "" {
		w.t.Errorf("%s: %s\n%s\n%d %s", what, wrong, s, a.Status, a.Body)
	}
}

// recover makes good what a shot did, so that the next one meets something.
func (w *world) recover(s *shot, a *harness.Answer) {
	if a == nil {
		return
	}
	if a.Status < 300 && strings.HasSuffix(s.path, "/users/me/password") {
		w.replaceActor()
		w.renewThings()
	}
	mayHaveEnded := a.Status == http.StatusUnauthorized || strings.Contains(s.path, "/auth/") ||
		strings.Contains(s.path, "/admin/sessions/")
	if mayHaveEnded && (w.actor.Get("/users/me").Status != http.StatusOK || a.Status == http.StatusNoContent) {
		w.renewActor()
	}
	for suffix, operation := range map[string]string{"/auth/email/verify": "verify-email", "/auth/password/reset": "reset-password"} {
		if a.Status < 300 && strings.HasSuffix(s.path, suffix) && len(w.tokens[operation]) > 0 {
			w.tokens[operation] = w.tokens[operation][1:]
		}
	}
	if a.Status < 300 && s.method != http.MethodGet && s.method != http.MethodHead && s.method != http.MethodPost {
		w.renewThings()
	}
}
