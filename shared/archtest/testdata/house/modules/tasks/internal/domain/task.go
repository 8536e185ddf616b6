package domain

import (
	_ "context"
	_ "database/sql"    // want "domain"
	_ "expvar"          // want "domain"
	_ "flag"            // want "domain"
	_ "log/slog"        // want "domain"
	_ "net"             // want "domain"
	_ "net/http"        // want "domain"
	_ "net/rpc/jsonrpc" // want "domain"
	_ "net/smtp"        // want "domain"
	_ "os"              // want "domain"
	_ "path/filepath"   // fine: it only computes
	_ "plugin"          // want "domain"
	_ "syscall"         // want "domain"

	_ "github.com/google/uuid" // want "domain" "injected"
	_ "gorm.io/gorm/clause"    // want "domain" "gorm"

	_ "house/adapters/database"                       // want "database" "domain"
	_ "house/modules/labels"                          // want "domain" "no-foreign-module"
	_ "house/modules/tasks/internal/application"      // want "domain"
	_ "house/modules/tasks/internal/domain/recurring" // fine: its own
	_ "house/modules/tasks/internal/ports"            // want "domain"
	"house/shared/eventbus"
	_ "house/shared/events"
	_ "house/shared/uow" // want "domain"
)

type Task struct{}

func (Task) EventName() string { return "tasks.task" } // want "event-home"

func describe(eventbus.Event) {}

func publish(*eventbus.Bus) {} // want "domain"
