package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Command runs the real binary with arguments on a database, as an operator does, with input as its standard input. It
// returns what it printed, and fails the test unless it succeeds.
func Command(t testing.TB, databaseURL, input string, args ...string) string {
	t.Helper()
	out, err := TryCommand(t, databaseURL, input, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TryCommand is [Command] for one that may fail. The error has what it said.
func TryCommand(t testing.TB, databaseURL, input string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = t.TempDir() // where there is no .env
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for key, value := range settings(databaseURL, cmd.Dir) {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	cmd.Stdin = strings.NewReader(input)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("fasttrack %s: %w: %s", strings.Join(args, " "), err, errOut.String())
	}
	return out.String(), nil
}

// PeakMemory returns the most memory that the process has had resident, in MiB. It skips the test where the system does
// not tell.
func (p *Process) PeakMemory() int {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		p.t.Skip("this system does not tell how much memory a process has")
	}
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			if err != nil {
				p.t.Fatal(err)
			}
			return kib / 1024
		}
	}
	p.t.Fatalf("there is no VmHWM in\n%s", status)
	return 0
}
