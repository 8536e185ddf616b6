package database

import (
	_ "house/e2e/harness" // a test may

	_ "house/modules/labels" // want "arrows"
)
