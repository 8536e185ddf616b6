package gormstore

import (
	_ "gorm.io/gorm"

	"house/adapters/database"
	_ "house/modules/tasks/internal/adapters/httpapi" // want "adapters-apart"
	_ "house/modules/tasks/internal/ports"
)

func read(db *database.DB) { db.Conn(nil) }
