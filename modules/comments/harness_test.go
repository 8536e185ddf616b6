package comments_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/modules/comments"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// world is the module alone: a real database, real HTTP, and a test that plays all other modules.
type world struct {
	t      *testing.T
	db     *database.DB
	bus    *eventbus.Bus
	server *httpservertest.Server

	mu        sync.Mutex
	published []eventbus.Event // by the module, committed, and not yet asked for
}

// each runs the test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) { test(t, newWorld(t, db)) })
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// newWorld wires the module. The clock begins at start and goes on by a second each time somebody looks.
func newWorld(t *testing.T, db *database.DB, listen ...func(*eventbus.Bus)) *world {
	t.Helper()
	w := &world{t: t, db: db}
	w.bus = eventbus.New(slog.New(slog.DiscardHandler), eventbus.WithTap(w.note),
		eventbus.WithShuffle(rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))))
	eventbus.Publishes[events.UserRegistered](w.bus, "identity")
	eventbus.Publishes[events.UserChanged](w.bus, "identity")
	eventbus.Publishes[events.ProjectCreated](w.bus, "projects")
	eventbus.Publishes[events.ProjectChanged](w.bus, "projects")
	eventbus.Publishes[events.ProjectDeleted](w.bus, "projects")
	eventbus.Publishes[events.TaskCreated](w.bus, "tasks")
	eventbus.Publishes[events.TaskChanged](w.bus, "tasks")
	eventbus.Publishes[events.TaskDeleted](w.bus, "tasks")
	db.Use(w.bus)
	var looks atomic.Int64
	clock := func() time.Time { return start.Add(time.Duration(looks.Add(1)) * time.Second) }
	w.server = httpservertest.New(t, func(api *httpserver.API) {
		comments.New(module.Deps{
			DB: db, Bus: w.bus, API: api, Cursors: page.NewCodec([]byte("key")), Clock: clock, NewID: ids.New,
			Log: slog.New(slog.DiscardHandler),
		})
	})
	for _, l := range listen {
		l(w.bus)
	}
	w.bus.Freeze()
	return w
}

func (w *world) note(e eventbus.Event) {
	if !strings.HasPrefix(e.EventName(), "comments.") {
		return // the test's own
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published = append(w.published, e)
}

// happened returns what the module has published since it was asked last.
func (w *world) happened() []eventbus.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.published
	w.published = nil
	return all
}

// requireNothingHappened ends the test if the module has published anything.
func (w *world) requireNothingHappened() {
	w.t.Helper()
	require.Empty(w.t, w.happened())
}

// tell publishes what other modules would, in one unit of work.
func (w *world) tell(all ...eventbus.Event) {
	w.t.Helper()
	require.NoError(w.t, w.try(w.t.Context(), all...))
}

func (w *world) try(ctx context.Context, all ...eventbus.Event) error {
	return w.db.Do(ctx, func(ctx context.Context) error {
		for _, e := range all {
			if err := w.bus.Publish(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

type person struct {
	*httpservertest.Client
	events.User
}

func (p person) asEvent() events.Person { return events.Person{ID: p.UserID, Name: p.DisplayName} }

// user registers somebody.
func (w *world) user(name string) person { return w.register(name, auth.RoleUser) }

// admin registers a system admin.
func (w *world) admin(name string) person { return w.register(name, auth.RoleAdmin) }

func (w *world) register(name string, role auth.Role) person {
	w.t.Helper()
	client := w.server.LogIn(w.t, role)
	p := person{client, events.User{
		UserID: client.Principal.UserID, Email: name + "@example.com", DisplayName: name, Role: string(role),
		IsActive: true, Version: 1,
	}}
	w.tell(events.UserRegistered{User: p.User, At: start})
	return p
}

// project makes a personal project.
func (w *world) project(owner person, alter ...func(*events.Project)) events.Project {
	w.t.Helper()
	p := events.Project{ProjectID: ids.New(), Name: "Garden", OwnerID: owner.UserID, Version: 1}
	for _, a := range alter {
		a(&p)
	}
	w.tell(events.ProjectCreated{Project: p, ByID: owner.UserID, At: start})
	return p
}

func ofOrganisation(p *events.Project) { p.OrganizationID = new(ids.New()) }

// task makes a task; it was created by the project's owner.
func (w *world) task(in events.Project, alter ...func(*events.Task)) events.Task {
	w.t.Helper()
	t := taskIn(in)
	for _, a := range alter {
		a(&t)
	}
	w.tell(events.TaskCreated{Task: t, At: start})
	return t
}

func taskIn(p events.Project) events.Task {
	return events.Task{
		TaskID: ids.New(), Title: "Dig", Status: "todo", Priority: "low", CreatedBy: p.OwnerID, Version: 1,
		ProjectID: p.ProjectID, ProjectName: p.Name, ProjectOwnerID: p.OwnerID, OrganizationID: p.OrganizationID,
	}
}

func assignedTo(who person) func(*events.Task) {
	return func(t *events.Task) { t.AssigneeID = &who.UserID }
}

func reassigned(t events.Task, to *ids.ID, version int64) events.TaskChanged {
	t.AssigneeID, t.Version = to, version
	return events.TaskChanged{Task: t, At: start}
}

func archived(p events.Project) events.ProjectChanged {
	p.Archived = true
	p.Version++
	return events.ProjectChanged{Project: p, ByID: p.OwnerID, At: start}
}

func deleted(p events.Project) events.ProjectDeleted {
	return events.ProjectDeleted{
		ProjectID: p.ProjectID, OwnerID: p.OwnerID, OrganizationID: p.OrganizationID, ByID: p.OwnerID, At: start,
	}
}

// comment is a comment as a client sees it.
type comment struct {
	ID        ids.ID    `json:"id"`
	TaskID    ids.ID    `json:"task_id"`
	AuthorID  ids.ID    `json:"author_id"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (c comment) path() string { return "/api/v1/comments/" + c.ID.String() }

func commentsOn(t events.Task) string { return "/api/v1/tasks/" + t.TaskID.String() + "/comments" }

type members map[string]any

// say makes a comment, and keeps quiet about it.
func (w *world) say(who person, on events.Task, body string) comment {
	w.t.Helper()
	var made comment
	who.Post(commentsOn(on), members{"body": body}).Decode(201, &made)
	w.happened()
	return made
}

// count returns the number of rows of a table.
func (w *world) count(table string) int64 {
	w.t.Helper()
	var n int64
	require.NoError(w.t, w.db.Conn(w.t.Context()).Raw(`SELECT count(*) FROM `+table).Scan(&n).Error)
	return n
}
