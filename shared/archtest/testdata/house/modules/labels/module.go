package labels

import (
	_ "github.com/danielgtaylor/huma/v2"

	"house/adapters/database"
	"house/adapters/httpserver"
	"house/modules/labels/internal/application"
	"house/shared/eventbus"
	"house/shared/events"
)

type Deps struct {
	DB  *database.DB
	API *httpserver.API
	Bus *eventbus.Bus
}

type Config struct{ Limit int }

type Module struct{ service *application.Service }

func New(d Deps, _ Config) *Module {
	m := &Module{}
	eventbus.Publishes[events.TaskCreated](d.Bus, "labels")
	m.subscribe(d.Bus)
	return m
}

func (m *Module) Run() error { return nil }
