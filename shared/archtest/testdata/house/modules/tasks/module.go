package tasks // want "rooms" "rooms"

import (
	"time"

	"github.com/google/uuid" // want "injected"

	"house/adapters/database"
	_ "house/bootstrap"         // want "arrows"
	"house/modules/labels"      // want "no-foreign-module"
	"house/modules/labels/door" // want "no-foreign-module"
	"house/modules/tasks/internal/application"
	"house/modules/tasks/internal/domain"
	"house/shared/clock"
	"house/shared/ids"
)

type Deps struct {
	DB    *database.DB
	Clock func() time.Time
	Rule  domain.Rule // want "door"
}

type Module struct {
	*application.Service // want "door"
	hidden               domain.Rule
}

type Option func(*domain.Rule) // want "door" "door"

type settings struct{ Rule domain.Rule }

const Name = "tasks" // want "door"

var ErrGone, errHidden error // want "door"

func init() {} // want "no-init"

func New(d Deps) *Module {
	d.DB.Conn(nil)         // want "conn"
	now := time.Now        // want "injected"
	time.Until(now())      // want "injected"
	time.Since(now())      // want "injected"
	d.Clock = clock.System // want "injected"
	_ = ids.New()          // want "injected"
	_ = uuid.Nil
	_ = labels.New
	_ = door.X
	return nil
}

func (m *Module) Task() *domain.Task { return nil } // want "door"

func (m *Module) task() *domain.Task { return nil }

func Parse() {} // want "door"
