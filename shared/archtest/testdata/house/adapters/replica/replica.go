package replica

import (
	_ "github.com/danielgtaylor/huma/v2/sse" // want "huma"
	_ "github.com/riverqueue/river"         // want "river"
	_ "gorm.io/gorm"

	"house/adapters/database"
	"house/shared/eventbus"
	"house/shared/events"
)

func Follow(bus *eventbus.Bus, db *database.DB) {
	eventbus.Subscribe[events.TaskCreated](bus, "follow", nil)
	db.Conn(nil)
}
