package ports

import (
	_ "context"
	_ "log"            // want "ports"
	_ "net/http"       // want "ports"
	_ "testing/fstest" // want "ports" "linked"

	_ "house/adapters/httpserver"                // want "ports"
	_ "house/modules/tasks/internal/application" // want "ports"
	_ "house/modules/tasks/internal/domain"
)
