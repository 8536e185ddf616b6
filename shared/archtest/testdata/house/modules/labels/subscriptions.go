package labels

import (
	"house/shared/eventbus"
	"house/shared/events"
)

func (m *Module) subscribe(bus *eventbus.Bus) {
	eventbus.Subscribe[events.TaskCreated](bus, "labels.x", nil)
}
