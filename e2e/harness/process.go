package harness

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a fasttrack as operators run it: the real binary in a process of its own, which can be told to stop and
// can be killed.
type Process struct {
	*Client // calls it as nobody
	URL     string
	Log     *Log

	t      testing.TB
	outbox string // where it writes its mail
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process is gone
}

// scratch is the folder of the binary. Main removes it.
var scratch string

// binary builds the real program, once per run of the tests, and returns its path.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fasttrack-e2e-")
	if err != nil {
		return "", err
	}
	scratch = dir
	path := filepath.Join(dir, "fasttrack")
	build := exec.Command("go", "build", "-o", path, "fasttrack/bootstrap/cmd/fasttrack")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// Launch runs the real binary on a database and waits until it serves; it is killed when the test ends. The
// environment, as in DRAIN_DELAY=1s, adds to what [Start] would run with.
func Launch(t testing.TB, databaseURL string, environment ...string) *Process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{t: t, outbox: t.TempDir(), Log: &Log{}, ended: make(chan struct{})}
	p.cmd = exec.Command(path, "serve")
	p.cmd.Dir = t.TempDir() // where there is no .env
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LOG_FORMAT=text"}
	for key, value := range settings(databaseURL, p.outbox) {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Env = append(p.cmd.Env, environment...)
	errorOutput, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go p.follow(errorOutput, address)
	t.Cleanup(p.Kill)
	select {
	case a := <-address:
		p.URL = "http://" + a
	case <-p.ended:
		t.Fatalf("the program ended at once:\n%s", p.Log)
	case <-time.After(Patience):
		t.Fatalf("the program does not serve:\n%s", p.Log)
	}
	if p.Client, err = newClient(t, p.URL); err != nil {
		t.Fatal(err)
	}
	return p
}

var serving = regexp.MustCompile(`msg=serving address=(\S+)`)

// follow keeps the log and finds the address in it, until the process is gone.
func (p *Process) follow(log io.Reader, address chan<- string) {
	defer close(p.ended)
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		_, _ = p.Log.Write(line)
		if found := serving.FindSubmatch(line); found != nil {
			address <- string(bytes.Clone(found[1]))
		}
		if err != nil {
			_ = p.cmd.Wait()
			return
		}
	}
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process at once, as a power cut would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Terminate asks the process to stop, by SIGTERM.
func (p *Process) Terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// ExitCode waits until the process has ended by itself.
func (p *Process) ExitCode() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * Patience):
		p.t.Fatalf("the program does not stop:\n%s", p.Log)
	}
	return p.cmd.ProcessState.ExitCode()
}

// IsGone reports whether an error of a request means that no connection was made or that it was cut: what a client
// sees of a program that is being killed or is not there.
func IsGone(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		// net/http does not export this error: a connection that was kept for the next request was closed before it.
		err != nil && strings.Contains(err.Error(), "server closed idle connection")
}
