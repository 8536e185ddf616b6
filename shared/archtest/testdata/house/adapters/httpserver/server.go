package httpserver

import (
	_ "github.com/danielgtaylor/huma/v2"
	_ "gorm.io/gorm" // want "gorm"
)
