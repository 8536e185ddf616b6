// Package dbtest is a test kit: the program's rules are not for it, the arrows are.
package dbtest

import (
	"fmt"

	_ "github.com/stretchr/testify/require"

	_ "house/adapters/database"
	_ "house/modules/tasks" // want "arrows"
)

func Say() { fmt.Println("hi") }
