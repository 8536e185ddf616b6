package tasks_test

import (
	"testing"
	"time"

	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/tasks"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func build(d module.Deps) { tasks.New(d) }

// world is the module alone, whose users have an Inbox as the projects module would make it.
type world struct {
	*moduletest.World
	t       *testing.T
	inboxes map[ids.ID]events.Project
}

// each runs the test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	moduletest.Each(t, build, func(t *testing.T, w *moduletest.World) { test(t, newWorld(t, w)) })
}

func newWorld(t *testing.T, w *moduletest.World) *world {
	return &world{w, t, map[ids.ID]events.Project{}}
}

type person = moduletest.Person

// user registers somebody with an Inbox.
func (w *world) user(name string) person { return w.withInbox(w.User(name)) }

// admin registers a system admin with an Inbox.
func (w *world) admin(name string) person { return w.withInbox(w.Admin(name)) }

func (w *world) withInbox(p person) person {
	w.t.Helper()
	w.inboxes[p.UserID] = w.Project(p, func(p *events.Project) { p.Name, p.Inbox = "Inbox", true })
	return p
}

func (w *world) inbox(of person) events.Project { return w.inboxes[of.UserID] }

// task is a task as a client sees it.
type task struct {
	ID          ids.ID     `json:"id"`
	ProjectID   ids.ID     `json:"project_id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Status      string     `json:"status"`
	Priority    string     `json:"priority"`
	AssigneeID  *ids.ID    `json:"assignee_id"`
	DueAt       *time.Time `json:"due_at"`
	CompletedAt *time.Time `json:"completed_at"`
	CreatedBy   ids.ID     `json:"created_by"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
}

func (t task) path() string { return "/api/v1/tasks/" + t.ID.String() }

func tasksOf(p events.Project) string { return "/api/v1/projects/" + p.ProjectID.String() + "/tasks" }

type members map[string]any

// create makes a task, and keeps quiet about it.
func (w *world) create(who person, in events.Project, m members) task {
	w.t.Helper()
	if m == nil {
		m = members{}
	}
	if _, titled := m["title"]; !titled {
		m["title"] = "Dig"
	}
	var made task
	who.Post(tasksOf(in), m).Decode(201, &made)
	w.Events()
	return made
}

// asEvent is the task as an event carries it.
func (t task) asEvent(p events.Project, version int64) events.Task {
	return events.Task{
		TaskID: t.ID, Title: t.Title, Status: t.Status, Priority: t.Priority, AssigneeID: t.AssigneeID,
		CreatedBy: t.CreatedBy, Version: version,
		ProjectID: p.ProjectID, ProjectName: p.Name, ProjectOwnerID: p.OwnerID, OrganizationID: p.OrganizationID,
	}
}
