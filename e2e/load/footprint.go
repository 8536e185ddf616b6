package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"fasttrack/adapters/database"
)

// footprint measures what the program takes that is not speed: the size of the file, how long it takes from its start to
// its first answer on a database that has the schema already, its memory when it is idle, and the most that it ever had
// while so many clients did everything, logins included.
func footprint(ctx context.Context, out io.Writer, p plan, program, dir string) error {
	file, err := os.Stat(program)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "the program's file: %.1f MB\n", float64(file.Size())/1e6)
	for _, dialect := range p.databases {
		err := footprintOn(ctx, out, p, database.Dialect(dialect), program, dir)
		if errors.Is(err, errNoServer) {
			_, _ = fmt.Fprintln(out, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dialect, err)
		}
	}
	return nil
}

func footprintOn(ctx context.Context, out io.Writer, p plan, dialect database.Dialect, program, dir string) (err error) {
	url, drop, err := createDatabase(ctx, dialect, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	migrate := exec.CommandContext(ctx, program, "migrate", "up")
	migrate.Env, migrate.Dir = environment(url), dir
	if text, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, text)
	}
	var took, worked []time.Duration
	for range p.starts {
		began := time.Now()
		served, err := launch(ctx, dir, program, url)
		if err != nil {
			return err
		}
		err = ready(ctx, served.url)
		took, worked = append(took, time.Since(began)), append(worked, served.processorTime())
		served.stop()
		if err != nil {
			return err
		}
	}
	slices.Sort(took)
	slices.Sort(worked)
	_, _ = fmt.Fprintf(out, "%s: %d starts at head, until /readyz is 200: best %v, median %v, worst %v; processor time %v\n",
		dialect, p.starts, took[0].Round(time.Millisecond), took[p.starts/2].Round(time.Millisecond),
		took[p.starts-1].Round(time.Millisecond), worked[p.starts/2])

	served, err := launch(ctx, dir, program, url)
	if err != nil {
		return err
	}
	defer served.stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.idle):
	}
	_, _ = fmt.Fprintf(out, "%s: idle for %v: %s resident\n", dialect, p.idle, served.memory("VmRSS"))

	w, err := newWorld(served.url, url)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.fill(ctx, p.tasks[0]); err != nil {
		return err
	}
	operations, err := w.operations()
	if err != nil {
		return err
	}
	login := w.send("POST", "/auth/login", `{"email":"ann@example.com","password":"four blue herons wade"}`)
	operations = append(operations, operation{name: "log in", status: http.StatusOK, request: constant(login)})
	clients := p.clients[len(p.clients)-1]
	for _, op := range operations {
		if err := drive(ctx, &tally{}, served, op.request, op.status, clients, p.each); err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
	}
	_, _ = fmt.Fprintf(out, "%s: %d clients at once, %d kinds of requests, %v each: %s resident at most\n", dialect, clients,
		len(operations), p.each, served.memory("VmHWM"))
	return nil
}

func ready(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New("it serves and is not ready: " + answer.Status)
	}
	return nil
}

// memory returns a line of /proc/…/status, in words: VmRSS is what is resident now, VmHWM the most that ever was.
func (p *process) memory(name string) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, name+": %d kB", &kib); err == nil {
			return fmt.Sprintf("%.1f MiB", float64(kib)/1024)
		}
	}
	return "unknown"
}
