package tasks

import (
	"clean/adapters/database"
	"clean/modules/tasks/internal/adapters/gormstore"
	"clean/modules/tasks/internal/application"
	"clean/shared/clock"
	"clean/shared/eventbus"
	"clean/shared/events"
)

type Deps struct {
	DB    *database.DB
	Bus   *eventbus.Bus
	Clock clock.Clock
}

type Module struct{ service *application.Service }

func New(d Deps) *Module {
	eventbus.Publishes[events.TaskCreated](d.Bus, "tasks")
	return &Module{application.New(gormstore.New(d.DB), d.Clock)}
}
