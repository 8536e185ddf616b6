package main

import (
	"fmt"
	"os"
	"testing" // want "linked"

	"example.com/lib" // want "linked"

	"house/adapters/database/dbtest" // want "linked"
	"house/e2e/harness"              // want "linked" "no-e2e"
	"house/modules/tasks"
)

func main() {
	fmt.Println(tasks.New(tasks.Deps{}), lib.X, dbtest.X, harness.X, testing.Short()) // a main may print
	os.Exit(1)
}
