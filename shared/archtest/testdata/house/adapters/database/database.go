package database

import (
	_ "gorm.io/gorm"

	_ "house/bootstrap"     // want "arrows"
	_ "house/modules/tasks" // want "arrows"
	_ "house/shared/ids"
)
