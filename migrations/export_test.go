package migrations

import (
	"io/fs"

	"fasttrack/adapters/database"
)

// NewFrom is New with other files.
func NewFrom(db *database.DB, source fs.FS) (*Migrator, error) { return newMigrator(db, source) }

// Embedded are the files of the binary.
var Embedded fs.FS = embedded
