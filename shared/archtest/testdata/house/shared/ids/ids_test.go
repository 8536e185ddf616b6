package ids

import (
	_ "github.com/stretchr/testify/require"

	_ "house/adapters/database" // want "arrows"
	_ "house/bootstrap"         // want "arrows"
	_ "house/migrations"        // want "arrows"
	_ "house/modules/tasks"     // want "arrows"
)
