package comments_test

import (
	"testing"
	"time"

	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/comments"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func build(d module.Deps) { comments.New(d) }

// world is the module alone, with tasks to comment on.
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

// task makes a task; it was created by the project's owner.
func (w *world) task(in events.Project, alter ...func(*events.Task)) events.Task {
	w.t.Helper()
	t := taskIn(in)
	for _, a := range alter {
		a(&t)
	}
	w.Publish(events.TaskCreated{Task: t, At: moduletest.Start})
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
	return events.TaskChanged{Task: t, At: moduletest.Start}
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
	w.Events()
	return made
}
