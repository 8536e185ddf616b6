package ids

import (
	_ "github.com/google/uuid"
	_ "github.com/spf13/cobra" // want "shared-is-plain"

	_ "house/adapters/database" // want "arrows" "database" "shared-is-plain"
	_ "house/shared/clock"
)
