package application

import (
	_ "log" // want "application"
	_ "log/slog"
	_ "net/http/cookiejar" // want "application"

	_ "github.com/danielgtaylor/huma/v2" // want "application" "huma"

	_ "house/modules/tasks/internal/adapters/gormstore" // want "application"
	_ "house/modules/tasks/internal/domain"
	_ "house/modules/tasks/internal/ports"
	"house/shared/eventbus"
	"house/shared/events"
	"house/shared/uow"
)

func wire(bus *eventbus.Bus, _ uow.UnitOfWork) {
	eventbus.Publishes[events.TaskCreated](bus, "tasks")  // want "subscriptions"
	eventbus.Subscribe(bus, "tasks.x", nil)               // want "subscriptions"
	eventbus.BeforeCommit(bus, "tasks.y", nil)            // want "subscriptions"
	subscribe := eventbus.AfterCommit[events.TaskCreated] // want "subscriptions"
	subscribe(bus, "tasks.z")
	bus.Publish(nil, events.TaskCreated{})
}
