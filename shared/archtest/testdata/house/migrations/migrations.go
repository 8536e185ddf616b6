package migrations

import (
	_ "house/adapters/database"

	_ "house/modules/tasks" // want "arrows"
)
