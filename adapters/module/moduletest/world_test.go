package moduletest_test

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// greetings is a module that greets those of whom it has heard.
type greetings struct {
	module.Deps
	known atomic.Int64
}

type greeted struct {
	Name string
}

func (greeted) EventName() string { return "greetings.greeted" }

func newGreetings(d module.Deps) *greetings {
	g := &greetings{Deps: d}
	eventbus.Publishes[greeted](d.Bus, "greetings")
	eventbus.Subscribe(d.Bus, "greetings.know_user", func(context.Context, events.UserRegistered) error {
		g.known.Add(1)
		return nil
	})
	eventbus.Subscribe(d.Bus, "greetings.refuse_archived", func(context.Context, events.ProjectChanged) error {
		return errs.New(errs.Conflict, "refused", "refused")
	})
	httpserver.Register(d.API, httpserver.Operation{
		ID: "greet", Method: "POST", Path: "/greetings/{name}", Tag: "Greetings", Summary: "Greet", Status: 204,
	}, g.greet)
	return g
}

func (g *greetings) greet(ctx context.Context, input *struct {
	Name string `path:"name" maxLength:"3"`
},
) (*struct{}, error) {
	return nil, g.DB.Do(ctx, func(ctx context.Context) error {
		if err := g.DB.Conn(ctx).Exec(`SELECT 1`).Error; err != nil {
			return err
		}
		return g.Bus.Publish(ctx, greeted{input.Name})
	})
}

func build(d module.Deps) { newGreetings(d) }

func TestAModuleAlone(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, build, func(t *testing.T, w *moduletest.World) {
		ann, root := w.User("Ann"), w.Admin("Root")
		require.Equal(t, auth.RoleAdmin, root.Principal.Role)
		require.Equal(t, events.Person{ID: ann.Principal.UserID, Name: "Ann"}, ann.AsEvent())
		w.ExpectNoEvents()

		ann.Post("/api/v1/greetings/Bob", nil).Require(204)
		ann.Post("/api/v1/greetings/Eve", nil).Require(204)
		ann.Post("/api/v1/greetings/nobody", nil).RequireProblem(422, "validation_failed")
		require.Equal(t, greeted{"Bob"}, w.ExpectEvents("greetings.greeted", "greetings.greeted")[0])
		w.ExpectNoEvents()
		w.Anonymous(t).Post("/api/v1/greetings/Bob", nil).RequireProblem(401, "unauthenticated")

		garden := w.Project(ann, moduletest.OfOrganization) // of which it does not hear
		require.NotNil(t, garden.OrganizationID)
		require.Equal(t, int64(2), moduletest.Archived(garden).Version)
		require.ErrorContains(t, w.TryPublish(t.Context(), moduletest.Archived(garden)), "refused")
		require.ErrorIs(t, w.TryPublish(t.Context(), moduletest.Deleted(garden)), eventbus.ErrUndeclared)
	})
}

func TestWhatOthersSayIsHeard(t *testing.T) {
	t.Parallel()
	var g *greetings
	w := moduletest.New(t, dbtest.SQLite(t), func(d module.Deps) { g = newGreetings(d) })
	ann := w.User("Ann")
	w.Publish(events.UserRegistered{User: ann.User, At: moduletest.Start})
	require.EqualValues(t, 2, g.known.Load())
	require.True(t, g.Clock().After(moduletest.Start))
	require.True(t, g.Clock().Before(g.Clock()), "it goes on")
}

func TestStatementsAndRows(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, build, func(t *testing.T, w *moduletest.World) {
		ann := w.User("Ann")
		require.Equal(t, []string{"SELECT 1"}, w.Statements(func() { ann.Post("/api/v1/greetings/Bob", nil).Require(204) }))
		w.Exec("CREATE TABLE walls (id INTEGER)")
		w.Exec("INSERT INTO walls (id) VALUES (?), (?)", 3, 4)
		require.EqualValues(t, 2, w.Count("walls"))
		require.EqualValues(t, 1, w.Count("walls WHERE id > ?", 3))
		require.EqualValues(t, 7, w.Number("SELECT sum(id) FROM walls"))
	})
}

func TestWhatRunsInTheBackgroundEndsWithTheTest(t *testing.T) {
	t.Parallel()
	ended := make(chan bool, 1)
	t.Run("test", func(t *testing.T) {
		w := moduletest.New(t, dbtest.SQLite(t), build)
		stop := w.Go(w.Bus.Run)
		stop()
		stop()
		w.Go(func(ctx context.Context) error {
			<-ctx.Done()
			ended <- true
			return nil
		})
	})
	require.Len(t, ended, 1)
}

func TestTwoRequestsAreInterleaved(t *testing.T) {
	t.Parallel()
	w, i := moduletest.Interleaved(t, build)
	ann := w.User("Ann")
	greet := func() int { return ann.Post("/api/v1/greetings/Bob", nil).Status }
	release := dbtest.Hold(i, greet)
	w.ExpectNoEvents()
	require.Equal(t, 204, greet(), "nothing is locked")
	w.ExpectEvents("greetings.greeted")
	require.Equal(t, 204, release())
	w.ExpectEvents("greetings.greeted")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	moduletest.RunStress(t, build, func(s *moduletest.Stress) {
		ann := s.User("Ann")
		s.Run(5, func(r *rand.Rand) {
			s.Allow(ann.Post("/api/v1/greetings/Bob", nil), 204)
			s.Allow(ann.Post("/api/v1/greetings/nobody", nil), 422)
			s.Succeed(events.UserRegistered{User: ann.User, At: moduletest.Start})
		})
		require.Len(t, s.Events(), 8*5)
	})
}
