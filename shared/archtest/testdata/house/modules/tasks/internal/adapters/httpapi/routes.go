package httpapi

import (
	_ "github.com/danielgtaylor/huma/v2"
	_ "gorm.io/gorm/clause" // want "gorm"

	_ "house/adapters/database"                         // want "database"
	_ "house/adapters/database/keyset"                  // want "database"
	_ "house/modules/tasks/internal/adapters/gormstore" // want "adapters-apart"
	_ "house/modules/tasks/internal/adapters/httpapi/forms"
	_ "house/modules/tasks/internal/application"
)

func read(db interface{ Conn(any) }) {
	db.Conn(nil) // want "conn"
}
