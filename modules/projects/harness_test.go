package projects_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/projects"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func build(d module.Deps) { projects.New(d) }

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
	client := w.LogIn(w.t, role)
	return person{client, client.Principal.UserID}
}

// inbox registers somebody and returns the Inbox that they are given.
func (w *world) inbox(who person) project {
	w.t.Helper()
	w.Publish(registered(who))
	var p httpservertest.Page[project]
	who.Get(projectsPath).Decode(200, &p)
	w.Events()
	at := slices.IndexFunc(p.Items, func(p project) bool { return p.Inbox })
	require.NotEqual(w.t, -1, at, "there is no Inbox")
	return p.Items[at]
}

func registered(who person) events.UserRegistered {
	return events.UserRegistered{
		User: events.User{
			UserID: who.UserID, Email: "somebody@example.com", DisplayName: "Somebody", Role: "user", IsActive: true, Version: 1,
		},
		At: moduletest.Start,
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
	w.Events()
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
	return events.TaskCreated{Task: p.task(status), At: moduletest.Start}
}

func (p project) taskMoved(from, to string) eventbus.Event {
	return events.TaskStatusChanged{Task: p.task(to), OldStatus: from, At: moduletest.Start}
}

func (p project) taskDeleted(status string) eventbus.Event {
	return events.TaskDeleted{Task: p.task(status), At: moduletest.Start}
}
