// Package module says what every module is given and what the program knows of it.
package module

import (
	"context"
	"log/slog"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/ids"
	"fasttrack/shared/jobs"
	"fasttrack/shared/mail"
	"fasttrack/shared/page"
	"fasttrack/shared/statistics"
)

// Deps is what a module is built from. Its New takes it, registers routes on API and subscriptions on Bus, and uses
// the rest.
type Deps struct {
	DB         *database.DB
	Bus        *eventbus.Bus
	Broadcast  broadcast.Broadcaster
	Jobs       jobs.Queue
	Mail       mail.Mailer // nil where there is no mail
	Statistics statistics.Keeper
	API        *httpserver.API
	Cursors    *page.Codec
	Keys       *idempotency.Keys
	Clock      clock.Clock
	NewID      ids.Generator
	Log        *slog.Logger
}

// Runner is a module that does something in the background.
type Runner interface {
	// Run works until ctx is done, and returns once everything it started has ended. An error stops the program.
	Run(ctx context.Context) error
}
