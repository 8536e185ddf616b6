package organizations

import (
	"fasttrack/adapters/module"
	"fasttrack/adapters/replica"
	"fasttrack/modules/organizations/internal/adapters/gormstore"
	"fasttrack/modules/organizations/internal/adapters/httpapi"
	"fasttrack/modules/organizations/internal/adapters/latin"
	"fasttrack/modules/organizations/internal/application"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

const name = "organizations"

// Module is the organizations module. It has nothing to offer but its routes and events.
type Module struct{}

// New wires the module: its routes, what it publishes and what it listens to.
func New(d module.Deps) *Module {
	users := replica.NewUsers(d.Bus, d.DB, name, "organization_users", replica.WithEmail)
	organizations := gormstore.NewOrganizations(d.DB)
	d.Statistics.Keep(organizations.Statistics)
	service := application.New(application.Parts{
		Work: d.DB, Organizations: organizations, Members: gormstore.NewMembers(d.DB),
		Users: gormstore.NewUsers(users), Latin: latin.Plain, Bus: d.Bus, Now: d.Clock, NewID: d.NewID,
	})

	eventbus.Publishes[events.OrganizationCreated](d.Bus, name)
	eventbus.Publishes[events.OrganizationChanged](d.Bus, name)
	eventbus.Publishes[events.OrganizationDeleted](d.Bus, name)
	eventbus.Publishes[events.MemberAdded](d.Bus, name)
	eventbus.Publishes[events.MemberChanged](d.Bus, name)
	eventbus.Publishes[events.MemberRemoved](d.Bus, name)

	httpapi.Register(d.API, service, d.Cursors, d.Keys)
	return &Module{}
}
