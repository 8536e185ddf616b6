package ids

import (
	_ "github.com/stretchr/testify/require"

	_ "house/adapters/database" // want "arrows"
)
