package projects

import (
	"fasttrack/adapters/module"
	"fasttrack/modules/projects/internal/adapters/gormstore"
	"fasttrack/modules/projects/internal/adapters/httpapi"
	"fasttrack/modules/projects/internal/application"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// Module is the door to the projects context. It has nothing to offer but its routes and events.
type Module struct{}

// New wires the module: it registers its routes and its subscriptions.
func New(d module.Deps) *Module {
	service := application.New(d.DB, gormstore.New(d.DB), d.Bus, d.Clock, d.NewID)
	httpapi.Register(d.API, service, d.Cursors)

	eventbus.Publishes[events.ProjectCreated](d.Bus, "projects")
	eventbus.Publishes[events.ProjectChanged](d.Bus, "projects")
	eventbus.Publishes[events.ProjectDeleted](d.Bus, "projects")
	eventbus.Subscribe(d.Bus, "projects.give_inbox", service.GiveInbox)
	eventbus.Subscribe(d.Bus, "projects.count_new_task", service.CountNewTask)
	eventbus.Subscribe(d.Bus, "projects.count_moved_task", service.CountMovedTask)
	eventbus.Subscribe(d.Bus, "projects.uncount_deleted_task", service.UncountDeletedTask)
	return &Module{}
}
