package bootstrap

import (
	"context"

	"fasttrack/adapters/module"
	"fasttrack/adapters/telemetry"
	"fasttrack/bootstrap/config"
)

// Secret is what a program with the configuration would sign with.
var Secret = secret

// AddPart adds a part to a program that does not run yet.
func (a *App) AddPart(name string, run func(context.Context) error) {
	a.parts = append(a.parts, part{name: name, run: run})
}

// Wire builds all modules as a program has them, and nothing around them.
func Wire(d module.Deps, cfg *config.Config) {
	wire(d, cfg, cfg.SecretKey, nil, telemetry.NewMetrics("test"))
}

// Observers returns what is told of everything that happens.
func (a *App) Observers() telemetry.Observers { return a.told }
