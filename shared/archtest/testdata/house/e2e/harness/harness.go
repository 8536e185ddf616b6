// Package harness may import anything, and print.
package harness

import (
	"fmt"
	"testing"

	_ "gorm.io/gorm"

	_ "house/bootstrap"
	_ "house/modules/labels"
	_ "house/modules/tasks"
)

func Say(testing.TB) { fmt.Println("hi") }
