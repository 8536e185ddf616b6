package projects_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
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
	"fasttrack/modules/projects"
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
	eventbus.Publishes[events.TaskCreated](w.bus, "tasks")
	eventbus.Publishes[events.TaskStatusChanged](w.bus, "tasks")
	eventbus.Publishes[events.TaskDeleted](w.bus, "tasks")
	db.Use(w.bus)
	var looks atomic.Int64
	clock := func() time.Time { return start.Add(time.Duration(looks.Add(1)) * time.Second) }
	w.server = httpservertest.New(t, func(api *httpserver.API) {
		projects.New(module.Deps{
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
	if !strings.HasPrefix(e.EventName(), "projects.") {
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
	return w.db.Do(ctx, func(ctx context.Context) error { return w.publish(ctx, all...) })
}

func (w *world) publish(ctx context.Context, all ...eventbus.Event) error {
	for _, e := range all {
		if err := w.bus.Publish(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// count returns the number of rows for which the condition holds.
func (w *world) count(table, where string, args ...any) int {
	w.t.Helper()
	var n int
	require.NoError(w.t, w.db.Conn(w.t.Context()).
		Raw(`SELECT count(*) FROM `+table+` WHERE `+where, args...).Scan(&n).Error)
	return n
}

// person is a user; nobody has told the module of them unless they are registered.
type person struct {
	*httpservertest.Client
	UserID ids.ID
}

// user is somebody without an Inbox, so that a test sees its own projects alone.
func (w *world) user() person { return w.logIn(auth.RoleUser) }

// admin is a system admin without an Inbox.
func (w *world) admin() person { return w.logIn(auth.RoleAdmin) }

func (w *world) logIn(role auth.Role) person {
	w.t.Helper()
	client := w.server.LogIn(w.t, role)
	return person{client, client.Principal.UserID}
}

// inbox registers somebody and returns the Inbox that they are given.
func (w *world) inbox(who person) project {
	w.t.Helper()
	w.tell(registered(who))
	var p pageOfProjects
	who.Get(projectsPath).Decode(200, &p)
	w.happened()
	at := slices.IndexFunc(p.Items, func(p project) bool { return p.Inbox })
	require.NotEqual(w.t, -1, at, "there is no Inbox")
	return p.Items[at]
}

func registered(who person) events.UserRegistered {
	return events.UserRegistered{
		User: events.User{
			UserID: who.UserID, Email: "somebody@example.com", DisplayName: "Somebody", Role: "user", IsActive: true, Version: 1,
		},
		At: start,
	}
}

const projectsPath = "/api/v1/projects"

// project is a project as a client sees it.
type project struct {
	ID             ids.ID    `json:"id"`
	Name           string    `json:"name"`
	Description    string    `json:"description"`
	Status         string    `json:"status"`
	OwnerID        ids.ID    `json:"owner_id"`
	OrganizationID *ids.ID   `json:"organization_id"`
	Inbox          bool      `json:"inbox"`
	TaskCounts     counts    `json:"task_counts"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

type counts struct {
	Todo       int `json:"todo"`
	InProgress int `json:"in_progress"`
	Done       int `json:"done"`
}

func (p project) path() string { return projectsPath + "/" + p.ID.String() }

// asEvent is the project as an event carries it.
func (p project) asEvent(version int64) events.Project {
	return events.Project{
		ProjectID: p.ID, Name: p.Name, OwnerID: p.OwnerID, OrganizationID: p.OrganizationID, Inbox: p.Inbox,
		Archived: p.Status == "archived", Version: version,
	}
}

type members map[string]any

// create makes a project, and keeps quiet about it.
func (w *world) create(who person, name string) project {
	w.t.Helper()
	var made project
	who.Post(projectsPath, members{"name": name}).Decode(201, &made)
	w.happened()
	return made
}

// read is the project as it is now.
func (w *world) read(who person, p project) project {
	w.t.Helper()
	var now project
	who.Get(p.path()).Decode(200, &now)
	return now
}

// task is a task of the project as its events carry it.
func (p project) task(status string) events.Task {
	return events.Task{
		TaskID: ids.New(), Title: "Dig", Status: status, Priority: "medium", CreatedBy: p.OwnerID, Version: 1,
		ProjectID: p.ID, ProjectName: p.Name, ProjectOwnerID: p.OwnerID, OrganizationID: p.OrganizationID,
	}
}

func (p project) taskCreated(status string) eventbus.Event {
	return events.TaskCreated{Task: p.task(status), At: start}
}

func (p project) taskMoved(from, to string) eventbus.Event {
	return events.TaskStatusChanged{Task: p.task(to), OldStatus: from, At: start}
}

func (p project) taskDeleted(status string) eventbus.Event {
	return events.TaskDeleted{Task: p.task(status), At: start}
}
