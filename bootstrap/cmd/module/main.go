// Command module writes a new bounded context into the source tree that it is called in: make module name=labels.
package main

import (
	"flag"
	"fmt"
	"os"

	"fasttrack/bootstrap/generate"
)

func main() {
	name := flag.String("name", "", "what the module is called, in the plural: labels")
	singular := flag.String("singular", "", "what one of them is called, if English does not say: -name media -singular medium")
	root := flag.String("root", ".", "the folder of go.mod")
	flag.Parse()
	if err := run(*root, *name, *singular); err != nil {
		fmt.Fprintln(os.Stderr, "module:", err)
		os.Exit(1)
	}
}

func run(root, name, singular string) error {
	parsed, err := generate.ParseName(name, singular)
	if err != nil {
		return err
	}
	result, err := generate.Module(root, parsed)
	if err != nil {
		return err
	}
	fmt.Println(result.Next())
	return nil
}
