package migrations

import (
	_ "house/adapters/database"

	_ "house/bootstrap"     // want "arrows"
	_ "house/modules/tasks" // want "arrows"
)
