package identity

import (
	"fasttrack/adapters/module"
	"fasttrack/modules/identity/internal/adapters/gormstore"
	"fasttrack/modules/identity/internal/application"
)

// newPurge returns what deletes that which nobody needs any more.
func newPurge(d module.Deps) *application.Purge {
	return application.NewPurge(d.DB, gormstore.NewRemains(d.DB, d.Clock))
}
