// Command pgserver runs another command with a PostgreSQL beside it:
//
//	pgserver -- go test ./...
//
// The server's address is in TEST_DATABASE_URL, where package dbtest looks for it; when that is set already, it is
// used and nothing is started. The exit code is the command's. Where no PostgreSQL can be started the command runs
// without, and the last line says so; with REQUIRE_POSTGRES=1 it does not run at all.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"fasttrack/adapters/database/dbtest/internal/pgserver"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: pgserver [--] command [argument…]")
		os.Exit(2)
	}
	os.Exit(run(args))
}

func run(args []string) int {
	if os.Getenv("TEST_DATABASE_URL") != "" {
		return command(args, nil)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	server, err := pgserver.Start(ctx)
	stop()
	if err != nil {
		if !errors.Is(err, pgserver.ErrNone) || os.Getenv("REQUIRE_POSTGRES") == "1" {
			fmt.Fprintln(os.Stderr, "pgserver:", err)
			return 1
		}
		code := command(args, nil)
		fmt.Fprintln(os.Stderr, "\nPostgreSQL was not tested:", err)
		return code
	}
	fmt.Fprintln(os.Stderr, "pgserver: PostgreSQL from", server.Source)
	code := command(args, []string{"TEST_DATABASE_URL=" + server.URL})
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgserver: stop PostgreSQL:", err)
	}
	return code
}

// command runs args to its end and returns its exit code. Signals are passed on, and its end is waited for.
func command(args, env []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "pgserver:", err)
		return 1
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode()
	}
	if err != nil {
		return 1
	}
	return 0
}
