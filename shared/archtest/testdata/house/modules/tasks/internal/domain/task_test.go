package domain

import (
	_ "os"

	_ "github.com/stretchr/testify/require"

	_ "house/modules/labels/events" // want "no-foreign-module"
)
