package main

import (
	"fmt"

	"clean/modules/tasks"
)

func main() { fmt.Println(tasks.New(tasks.Deps{})) }
