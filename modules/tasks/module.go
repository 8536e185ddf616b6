package tasks

import (
	"fasttrack/adapters/module"
	"fasttrack/adapters/replica"
	"fasttrack/modules/tasks/internal/adapters/gormstore"
	"fasttrack/modules/tasks/internal/adapters/httpapi"
	"fasttrack/modules/tasks/internal/application"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

const name = "tasks"

// Module is the tasks module.
type Module struct{}

// New wires the module: its routes, what it publishes and what it listens to.
func New(d module.Deps) *Module {
	users := replica.NewUsers(d.Bus, d.DB, name, "task_users")
	members := replica.NewMemberships(d.DB, "task_members")
	service := application.New(application.Parts{
		Work: d.DB, Tasks: gormstore.NewTasks(d.DB, members), Projects: gormstore.NewProjects(d.DB, members),
		Members: members, Users: gormstore.NewUsers(users), Bus: d.Bus, Now: d.Clock, NewID: d.NewID,
	})

	eventbus.Publishes[events.TaskCreated](d.Bus, name)
	eventbus.Publishes[events.TaskChanged](d.Bus, name)
	eventbus.Publishes[events.TaskAssigned](d.Bus, name)
	eventbus.Publishes[events.TaskUnassigned](d.Bus, name)
	eventbus.Publishes[events.TasksUnassigned](d.Bus, name)
	eventbus.Publishes[events.TaskStatusChanged](d.Bus, name)
	eventbus.Publishes[events.TaskDeleted](d.Bus, name)

	eventbus.Subscribe(d.Bus, "tasks.keep_new_project", service.KeepNewProject)
	eventbus.Subscribe(d.Bus, "tasks.keep_changed_project", service.KeepChangedProject)
	eventbus.Subscribe(d.Bus, "tasks.forget_deleted_project", service.ForgetDeletedProject)

	members.Keep(d.Bus, name, replica.Also{
		AfterRemoval:   service.UnassignRemovedMember,
		BeforeDeletion: service.ForgetDeletedOrganization,
	})

	if d.Jobs != nil {
		d.Jobs.Every("tasks.purge_search", application.PurgeEvery, service.PurgeSearch)
	}
	httpapi.Register(d.API, service, d.Cursors, d.Keys)
	return &Module{}
}
