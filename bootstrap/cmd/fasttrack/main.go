// Command fasttrack is the whole program: a server, its migrations and the tools of whoever runs it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"fasttrack/bootstrap/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks the program to stop in order, a second one kills it
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
