package comments

import (
	"fasttrack/adapters/module"
	"fasttrack/adapters/replica"
	"fasttrack/modules/comments/internal/adapters/gormstore"
	"fasttrack/modules/comments/internal/adapters/httpapi"
	"fasttrack/modules/comments/internal/application"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

const name = "comments"

// Module is the comments module. It has nothing to offer but its routes and events.
type Module struct{}

// New wires the module: its routes, what it publishes and what it listens to.
func New(d module.Deps) *Module {
	replica.NewUsers(d.Bus, d.DB, name, "comment_users") // read by gormstore, together with the task
	members := replica.NewMemberships(d.DB, "comment_members")
	service := application.New(application.Parts{
		Work: d.DB, Comments: gormstore.NewComments(d.DB, members), Tasks: gormstore.NewTasks(d.DB, members),
		Bus: d.Bus, Now: d.Clock, NewID: d.NewID,
	})

	eventbus.Publishes[events.CommentAdded](d.Bus, name)
	eventbus.Publishes[events.CommentChanged](d.Bus, name)
	eventbus.Publishes[events.CommentDeleted](d.Bus, name)

	eventbus.Subscribe(d.Bus, "comments.keep_new_project", service.KeepNewProject)
	eventbus.Subscribe(d.Bus, "comments.keep_changed_project", service.KeepChangedProject)
	eventbus.Subscribe(d.Bus, "comments.forget_deleted_project", service.ForgetDeletedProject)
	eventbus.Subscribe(d.Bus, "comments.keep_new_task", service.KeepNewTask)
	eventbus.Subscribe(d.Bus, "comments.keep_changed_task", service.KeepChangedTask)
	eventbus.Subscribe(d.Bus, "comments.keep_unassigned_tasks", service.KeepUnassignedTasks)
	eventbus.Subscribe(d.Bus, "comments.forget_deleted_task", service.ForgetDeletedTask)
	members.Keep(d.Bus, name, replica.Also{BeforeDeletion: service.ForgetDeletedOrganization})

	httpapi.Register(d.API, service, d.Cursors, d.Keys)
	return &Module{}
}
