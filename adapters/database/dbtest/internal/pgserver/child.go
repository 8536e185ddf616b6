package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

// A test binary whose package runs alone starts its server in a child: itself again, with this variable set. The
// child ends when its standard input does, that is, when the tests are over, however they ended; and the goroutines of
// Docker's client are not among those of the tests.
const childVariable = "FASTTRACK_PGSERVER_CHILD"

func init() { //nolint:gochecknoinits // before the tests, and without a line in every TestMain
	if os.Getenv(childVariable) == "1" {
		os.Exit(child())
	}
}

func child() int {
	signal.Ignore(os.Interrupt) // which the terminal sends to all; the tests then end, and so does the input
	server, err := Start(context.Background())
	if errors.Is(err, ErrNone) {
		fmt.Println("none", err)
		return 0
	}
	if err != nil {
		fmt.Println("failed", err)
		return 1
	}
	fmt.Println("ready", server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := server.Stop(); err != nil {
		return 1
	}
	return 0
}

// StartChild starts a server that ends with this process, and returns its URL. Only a program that links this
// package can be its own child, so it is for test binaries.
func StartChild() (url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	if _, err := cmd.StdinPipe(); err != nil { // held open, and closed by the end of this process
		return "", err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case "ready":
		keep = cmd
		return rest, nil
	case "none":
		return "", fmt.Errorf("%w%s", ErrNone, strings.TrimPrefix(rest, ErrNone.Error()))
	}
	return "", fmt.Errorf("start PostgreSQL for the tests: %s", rest)
}

// keep holds on to the child's standard input: collected, it would be closed.
var keep *exec.Cmd //nolint:unused // that is its use
