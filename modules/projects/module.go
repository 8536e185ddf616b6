package projects

import (
	"fasttrack/adapters/module"
	"fasttrack/adapters/replica"
	"fasttrack/modules/projects/internal/adapters/gormstore"
	"fasttrack/modules/projects/internal/adapters/httpapi"
	"fasttrack/modules/projects/internal/application"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

const name = "projects"

// Module is the projects module. It has nothing to offer but its routes and events.
type Module struct{}

// New wires the module: its routes, what it publishes and what it listens to.
func New(d module.Deps) *Module {
	members := replica.NewMemberships(d.DB, "project_members")
	store := gormstore.New(d.DB, members)
	service := application.New(application.Parts{
		Work: d.DB, Projects: store, Members: members,
		Bus: d.Bus, Now: d.Clock, NewID: d.NewID,
	})

	eventbus.Publishes[events.ProjectCreated](d.Bus, name)
	eventbus.Publishes[events.ProjectChanged](d.Bus, name)
	eventbus.Publishes[events.ProjectDeleted](d.Bus, name)

	eventbus.Subscribe(d.Bus, "projects.give_inbox", service.GiveInbox)
	eventbus.Subscribe(d.Bus, "projects.count_new_task", service.CountNewTask)
	eventbus.Subscribe(d.Bus, "projects.count_moved_task", service.CountMovedTask)
	eventbus.Subscribe(d.Bus, "projects.uncount_deleted_task", service.UncountDeletedTask)

	members.Keep(d.Bus, name, replica.Also{BeforeDeletion: service.LockDeletedOrganization})
	eventbus.BeforeCommit(d.Bus, "projects.remove_projects_of_organizations", service.ForgetDeletedOrganizations,
		eventbus.Of[events.OrganizationDeleted]())

	d.Statistics.Keep(store.Statistics)
	d.Jobs.Every("projects.fold_counts", application.FoldEvery, service.FoldCounts)
	httpapi.Register(d.API, service, d.Cursors, d.Keys)
	return &Module{}
}
