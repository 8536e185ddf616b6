package moduletest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
)

// lamp is what a domain may call its state.
type lamp struct {
	ID      string
	Colour  string
	Watts   int
	OwnerID string
	Version int
}

type shownLamp struct {
	ID      string `json:"id"`
	Colour  string `json:"colour"`
	Watts   *int   `json:"watts,omitempty"`
	OwnerID string `json:"owner_id"`
}

type lampBody struct {
	Colour *string `json:"colour,omitempty"`
	Watts  *int    `json:"watts,omitempty"`
}

// lamps keeps the first lamp that is made. What it forgets is of the watts, but for the owner.
type lamps struct {
	kept                                             lamp
	draft, insert, change, update, show, list, owner bool
}

func (l *lamps) shown(s lamp) shownLamp {
	shown := shownLamp{ID: s.ID, Colour: s.Colour, OwnerID: s.OwnerID}
	if !l.show {
		shown.Watts = &s.Watts
	}
	return shown
}

func (l *lamps) register(api *httpserver.API) {
	httpserver.Register(api, httpserver.Operation{
		ID: "create-lamp", Method: "POST", Path: "/lamps", Tag: "Lamps", Summary: "Make",
	}, func(_ context.Context, in *struct{ Body lampBody }) (*httpserver.Resource[shownLamp], error) {
		s := lamp{ID: "1", Colour: "white", OwnerID: "ada", Watts: 40, Version: 1}
		if l.owner {
			s.OwnerID = ""
		}
		if in.Body.Colour != nil {
			s.Colour = *in.Body.Colour
		}
		if in.Body.Watts != nil && !l.draft {
			s.Watts = *in.Body.Watts
		}
		if l.kept == (lamp{}) {
			l.kept = s
			if l.insert {
				l.kept.Watts = 0
			}
		}
		return httpserver.Created("/api/v1/lamps/1", 1, l.shown(s)), nil
	})
	type path struct {
		ID string `path:"id"`
	}
	httpserver.Register(api, httpserver.Operation{
		ID: "get-lamp", Method: "GET", Path: "/lamps/{id}", Tag: "Lamps", Summary: "Read",
	}, func(context.Context, *path) (*httpserver.Resource[shownLamp], error) {
		return httpserver.OK(1, l.shown(l.kept)), nil
	})
	httpserver.Register(api, httpserver.Operation{
		ID: "update-lamp", Method: "PATCH", Path: "/lamps/{id}", Tag: "Lamps", Summary: "Change",
	}, func(_ context.Context, in *struct {
		ID   string `path:"id"`
		Body lampBody
	},
	) (*httpserver.Resource[shownLamp], error) {
		s := l.kept
		if in.Body.Colour != nil {
			s.Colour = *in.Body.Colour
		}
		if in.Body.Watts != nil && !l.change {
			s.Watts = *in.Body.Watts
		}
		watts := l.kept.Watts
		l.kept = s
		if l.update {
			l.kept.Watts = watts
		}
		return httpserver.OK(1, l.shown(s)), nil
	})
	httpserver.Register(api, httpserver.Operation{
		ID: "list-lamps", Method: "GET", Path: "/lamps", Tag: "Lamps", Summary: "List",
	}, func(context.Context, *struct{}) (*struct{ Body httpserver.Items[shownLamp] }, error) {
		s := l.kept
		if l.list {
			s.Watts = 0
		}
		return &struct{ Body httpserver.Items[shownLamp] }{httpserver.Items[shownLamp]{Items: []shownLamp{l.shown(s)}}}, nil
	})
}

func ofLamps(change ...func(moduletest.Fields)) moduletest.Fields {
	fields := moduletest.Fields{
		"ID":      {Why: "the server makes it"},
		"Colour":  {Post: "red", Patch: "blue"},
		"Watts":   {Post: 60, Patch: 100},
		"OwnerID": {Why: "it is the caller"},
		"Version": {Hidden: true, Why: "it is in the ETag"},
	}
	for _, c := range change {
		c(fields)
	}
	return fields
}

// TestAFieldThatIsForgottenIsFound forgets a field at every place of its way, and in the test.
func TestAFieldThatIsForgottenIsFound(t *testing.T) {
	t.Parallel()
	says := func(name string, f moduletest.Field) moduletest.Fields {
		return ofLamps(func(fields moduletest.Fields) { fields[name] = f })
	}
	for want, c := range map[string]struct {
		lamps  lamps
		fields moduletest.Fields
	}{
		"":                                {lamps{}, ofLamps()},
		"POST takes watts and forgets it": {lamps{draft: true}, ofLamps()},
		"watts: what is read is not what POST made":    {lamps{insert: true}, ofLamps()},
		"PATCH takes watts and forgets it":             {lamps{change: true}, ofLamps()},
		"watts: what is read is not what PATCH made":   {lamps{update: true}, ofLamps()},
		"Watts is in no answer":                        {lamps{show: true}, ofLamps()},
		"nothing is in owner_id":                       {lamps{owner: true}, ofLamps()},
		"the list shows something else":                {lamps{list: true}, ofLamps()},
		"lamp.Watts is new":                            {lamps{}, ofLamps(func(f moduletest.Fields) { delete(f, "Watts") })},
		"has no such field":                            {lamps{}, says("Size", moduletest.Field{Why: "none"})},
		"lamp.OwnerID: say Why":                        {lamps{}, says("OwnerID", moduletest.Field{})},
		"lamp.Watts: what is set is shown":             {lamps{}, says("Watts", moduletest.Field{Post: 60, Hidden: true, Why: "no"})},
		"POST refuses a member":                        {lamps{}, says("OwnerID", moduletest.Field{Post: "eve", Why: "no"})},
		"PATCH refuses owner_id":                       {lamps{}, says("OwnerID", moduletest.Field{Patch: "eve", Why: "no"})},
		"POST takes watts: say":                        {lamps{}, says("Watts", moduletest.Field{Patch: 100, Why: "no"})},
		"PATCH takes watts: say":                       {lamps{}, says("Watts", moduletest.Field{Post: 60, Why: "no"})},
		"watts is so by itself":                        {lamps{}, says("Watts", moduletest.Field{Post: 40, Patch: 100})},
		"watts is so already":                          {lamps{}, says("Watts", moduletest.Field{Post: 60, Patch: 60})},
		"OwnerID is in an answer, and this test says":  {lamps{}, says("OwnerID", moduletest.Field{Hidden: true, Why: "no"})},
		"Version is in no answer: add it to the shape": {lamps{}, says("Version", moduletest.Field{Why: "no"})},
	} {
		ada := httpservertest.New(t, c.lamps.register).LogIn(t, auth.RoleUser)
		failed := failing(t, func(t testing.TB) {
			moduletest.RequireFields[lamp](t, moduletest.Resource{
				Client: ada, Path: "/api/v1/lamps", List: "/api/v1/lamps",
			}, c.fields)
		})
		if want == "" {
			require.Empty(t, failed)
		} else {
			require.Contains(t, failed, want)
		}
	}
}

func TestAFieldThatIsNotShownIsFound(t *testing.T) {
	t.Parallel()
	shown := func(hidden map[string]string) string {
		return failing(t, func(t testing.TB) {
			moduletest.RequireShown[lamp](t, []byte(`{"id": "1", "colour": "red", "owner_id": "ada", "watts": 0}`), hidden)
		})
	}
	require.Empty(t, shown(map[string]string{"Version": "it is in the ETag"}))
	require.Contains(t, shown(nil), "Version is in no answer")
	require.Contains(t, shown(map[string]string{"Version": ""}), "lamp.Version: say Why")
}

// failure keeps why a test failed.
type failure struct {
	testing.TB
	why string
}

func (f *failure) Errorf(format string, args ...any) { f.why += fmt.Sprintf(format, args...) }

// FailNow ends the goroutine, as that of a test does.
func (f *failure) FailNow() { runtime.Goexit() }

// failing runs a test that may fail, and returns why it did.
func failing(t *testing.T, test func(t testing.TB)) string {
	t.Helper()
	f := &failure{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		test(f)
	}()
	<-ended
	return f.why
}
