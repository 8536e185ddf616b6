package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// process is a server in a process of its own.
type process struct {
	url   string
	cmd   *exec.Cmd
	ended chan struct{}
}

// build makes the real program, as `make build` does.
func build(ctx context.Context, dir string) (path string, err error) {
	path = filepath.Join(dir, "fasttrack")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", //nolint:gosec // a path of our own
		"-o", path, "fasttrack/bootstrap/cmd/fasttrack")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
}

// launch starts the program as it runs by default, but for rate limits, which would hide what it can do, and for the
// cost of a password, of which only one is ever checked here.
func launch(ctx context.Context, dir, path, databaseURL string) (*process, error) {
	cmd := exec.CommandContext(ctx, path, "serve")
	cmd.Env = environment(databaseURL)
	return start(cmd, dir)
}

func environment(databaseURL string) []string {
	return []string{
		"ADDR=127.0.0.1:0", "DATABASE_URL=" + databaseURL, "SECRET_KEY=only for load, and long enough for it",
		"RATE_LIMIT_ENABLED=false", "LOGIN_THROTTLE=false", "PATH=" + os.Getenv("PATH"),
	}
}

// launchFloor starts the bare handler: this program, in another role.
func launchFloor(ctx context.Context, dir, databaseURL string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.CommandContext(ctx, self, floorCommand, databaseURL), dir) //nolint:gosec // this program
}

var serving = regexp.MustCompile(`serving.* address=(\S+)`)

// start starts a server and waits until it says where it serves.
func start(cmd *exec.Cmd, dir string) (*process, error) {
	cmd.Dir = dir // where there is no .env
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	address := make(chan string, 1)
	go func() {
		defer close(p.ended)
		lines, last := bufio.NewScanner(log), ""
		for lines.Scan() {
			if found := serving.FindStringSubmatch(lines.Text()); found != nil {
				select {
				case address <- found[1]:
				default:
				}
			}
			last = lines.Text()
		}
		if err := cmd.Wait(); err != nil && p.url == "" {
			fmt.Fprintln(os.Stderr, last)
		}
	}()
	select {
	case a := <-address:
		p.url = "http://" + a
		return p, nil
	case <-p.ended:
		return nil, errors.New("a server ended at once")
	case <-time.After(time.Minute):
		p.stop()
		return nil, errors.New("a server does not serve within a minute")
	}
}

// processorTime returns how long the process has been using a processor, in steps of 10 ms; zero where the system does
// not tell it in /proc. Unlike the time that passes it says the same on a busy machine.
func (p *process) processorTime() time.Duration {
	const tick = 10 * time.Millisecond
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, afterName, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(afterName)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}
