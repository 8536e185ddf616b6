package moduletest

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
)

// Fields says of every field of a domain's state, by its name there, how it goes over HTTP.
type Fields map[string]Field

// Field says how one field goes over HTTP, where it is a member with the field's name in snake case. What is missing has
// a reason.
type Field struct {
	Post   any    // what POST takes for it, as answers show it, and other than it is without; nil: POST does not take it
	Patch  any    // what PATCH takes for it then; nil: PATCH does not take it
	Hidden bool   // it is in no answer
	Why    string // why it is hidden, or not set by POST, or not by PATCH
}

// Resource is where a state is to be found over HTTP.
type Resource struct {
	Client *httpservertest.Client // who may do all of it
	Path   string                 // takes POST, and answers with a Location that takes GET and PATCH
	List   string                 // what has it in its first page; empty: there is no list
	Beside map[string]any         // what POST takes beside fields of the state
}

// RequireFields makes, reads and changes one resource, and fails if a field of its state is not spoken of in fields, or
// does not go the way that they say: from the request through the domain into the store, and from there into the answer.
// So a field that is added to the state is not forgotten in httpapi or in gormstore.
func RequireFields[State any](t testing.TB, r Resource, fields Fields) {
	t.Helper()
	w := &walk{t, r, fields, fieldsOf[State](t, fields)}
	w.walk()
}

// RequireShown fails if a field of the state is not in an answer, unless it is hidden for a reason. It is for what is not
// made by a POST of its own.
func RequireShown[State any](t testing.TB, answer json.RawMessage, hidden map[string]string) {
	t.Helper()
	fields := Fields{}
	for f := range reflect.TypeFor[State]().Fields() {
		fields[f.Name] = Field{Why: "this is about answers alone"}
	}
	for name, why := range hidden {
		fields[name] = Field{Hidden: true, Why: why}
	}
	w := &walk{t, Resource{}, fields, fieldsOf[State](t, fields)}
	w.requireShown(decoded(t, answer))
}

// RequireListed is RequireShown for the first item of a list.
func RequireListed[State any](t testing.TB, client *httpservertest.Client, path string, hidden map[string]string) {
	t.Helper()
	var page httpservertest.Page[json.RawMessage]
	client.Get(path).Decode(200, &page)
	require.NotEmpty(t, page.Items, "nothing is in %s", path)
	RequireShown[State](t, page.Items[0], hidden)
}

// fieldsOf returns the names of the state's fields, in order.
func fieldsOf[State any](t testing.TB, fields Fields) (names []string) {
	t.Helper()
	state := reflect.TypeFor[State]()
	for f := range state.Fields() {
		names = append(names, f.Name)
		said, ok := fields[f.Name]
		require.True(t, ok, "%s.%s is new: say in this test what POST and PATCH take for it, or Why they do not", state, f.Name)
		require.True(t, said.Post != nil && said.Patch != nil || said.Why != "",
			"%s.%s: say Why it is hidden, or not set by POST, or not by PATCH", state, f.Name)
		require.False(t, said.Hidden && (said.Post != nil || said.Patch != nil), "%s.%s: what is set is shown", state, f.Name)
	}
	for name := range fields {
		require.Contains(t, names, name, "%s has no such field: take it out of this test", state)
	}
	return names
}

type walk struct {
	t      testing.TB
	r      Resource
	fields Fields
	names  []string
}

type members = map[string]any

func (w *walk) walk() {
	w.t.Helper()
	at := w.create()
	for _, name := range w.names {
		w.change(at, name)
	}
	if w.r.List != "" {
		var page httpservertest.Page[members]
		w.r.Client.Get(w.r.List).Decode(200, &page)
		require.Contains(w.t, page.Items, w.read(at), "the list shows something else")
	}
}

// create makes the resource with all that POST takes, and returns where it is.
func (w *walk) create() (at string) {
	w.t.Helper()
	sent := members{}
	maps.Copy(sent, w.r.Beside)
	for _, name := range w.names {
		if value := w.fields[name].Post; value != nil {
			sent[member(name)] = value
		}
	}
	posted := w.r.Client.Post(w.r.Path, sent)
	require.Equal(w.t, 201, posted.Status,
		"POST refuses a member: take it in the body of the input in httpapi, and hand it to the draft. %s", posted.Body)
	made := decoded(w.t, posted.Body)
	at = posted.Header.Get("Location")
	read := w.read(at)
	w.requireShown(read)
	w.requireSame(made, read, "what is read is not what POST made of it: write and read its column in gormstore")
	for _, name := range w.names {
		f, called := w.fields[name], member(name)
		if f.Post != nil {
			require.Equal(w.t, plain(w.t, f.Post), made[called],
				"POST takes %s and forgets it: hand it to the draft, from there to the state, and from there to what httpapi shows", called)
			w.requireNotDefault(sent, called)
		} else if !f.Hidden {
			w.requireRefused("POST", w.r.Client.Post(w.r.Path, with(sent, called, made[called])), called)
		}
	}
	return at
}

// change has PATCH set one field, alone, or refuse to.
func (w *walk) change(at, name string) {
	w.t.Helper()
	f, called := w.fields[name], member(name)
	before := w.read(at)
	if f.Patch == nil {
		if !f.Hidden {
			w.requireRefused("PATCH", w.r.Client.Patch(at, members{called: before[called]}), called)
		}
		return
	}
	want := plain(w.t, f.Patch)
	require.NotEqual(w.t, want, before[called], "%s is so already: PATCH needs another value to be tried with", called)
	patched := w.r.Client.Patch(at, members{called: f.Patch})
	require.Equal(w.t, 200, patched.Status,
		"PATCH refuses %s: take it in the body of the input in httpapi, and hand it to the change. %s", called, patched.Body)
	after := decoded(w.t, patched.Body)
	require.Equal(w.t, want, after[called],
		"PATCH takes %s and forgets it: hand it to the change in httpapi, and apply that in domain", called)
	for _, other := range w.names {
		if o := w.fields[other]; other != name && (o.Post != nil || o.Patch != nil) {
			require.Equal(w.t, before[member(other)], after[member(other)], "%s changes with %s", member(other), called)
		}
	}
	w.requireSame(after, w.read(at), "what is read is not what PATCH made of it: update its column in gormstore")
}

// nothing is what a member shows that nobody has filled in, and that is not null, 0 or false.
var nothing = []any{"", "00000000-0000-0000-0000-000000000000", "0001-01-01T00:00:00.000000Z"}

// requireShown fails if what is to be shown is not, or what is not to be shown is.
func (w *walk) requireShown(answer members) {
	w.t.Helper()
	there := slices.Sorted(maps.Keys(answer))
	for _, name := range w.names {
		if w.fields[name].Hidden {
			require.NotContains(w.t, there, member(name), "%s is in an answer, and this test says that it is hidden", name)
		} else {
			require.Contains(w.t, there, member(name), "%s is in no answer: add it to the shape in httpapi, and fill it in", name)
			require.NotContains(w.t, nothing, answer[member(name)], "nothing is in %s: fill it in in httpapi", member(name))
		}
	}
}

// requireSame fails if an answer to a write shows something else than what is read after it.
func (w *walk) requireSame(written, read members, why string) {
	w.t.Helper()
	for _, name := range w.names {
		require.Equal(w.t, read[member(name)], written[member(name)], "%s: %s", member(name), why)
	}
}

// requireNotDefault fails if what was sent is also what a resource has without it, which would prove nothing. Where POST
// refuses to do without (the member is needed, or such a resource exists already) there is nothing to compare.
func (w *walk) requireNotDefault(sent members, called string) {
	w.t.Helper()
	less := maps.Clone(sent)
	delete(less, called)
	if answer := w.r.Client.Post(w.r.Path, less); answer.Status == 201 {
		require.NotEqual(w.t, plain(w.t, sent[called]), decoded(w.t, answer.Body)[called],
			"%s is so by itself: POST needs another value to be tried with", called)
	}
}

// requireRefused fails unless the answer refuses the member by its name.
func (w *walk) requireRefused(method string, answer *httpservertest.Answer, called string) {
	w.t.Helper()
	require.True(w.t, answer.Status == 422 && slices.Contains(answer.Locations(), "body."+called),
		"%s takes %s: say in this test a value for it. %d %s", method, called, answer.Status, answer.Body)
}

func (w *walk) read(at string) members {
	w.t.Helper()
	return decoded(w.t, w.r.Client.Get(at).Require(200).Body)
}

func decoded(t testing.TB, text []byte) (m members) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, &m), "%s", text)
	return m
}

// plain is a value as it is read from JSON.
func plain(t testing.TB, value any) (read any) {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &read))
	return read
}

func with(m members, name string, value any) members {
	m = maps.Clone(m)
	m[name] = value
	return m
}

var humps = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)

// member is what a field is called in JSON: owner_id for OwnerID.
func member(field string) string {
	return strings.ToLower(humps.ReplaceAllString(field, "${1}${3}_${2}${4}"))
}
