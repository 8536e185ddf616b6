package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

const initdb, postgres = "initdb", "postgres"

// startLocal makes a new cluster in a temporary folder and runs it on a free port.
func startLocal(ctx context.Context) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	// Short, because it also holds a socket, whose path is limited to about 100 bytes.
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	server, err := runCluster(ctx, bin, dir)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	stop := server.stop
	server.stop = func() error { return errors.Join(stop(), remove()) }
	return server, nil
}

// programs returns the folder with initdb and postgres: from the PATH, else the newest where packages put them.
func programs() (string, error) {
	var folders []string
	if path, err := exec.LookPath(initdb); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	for _, folder := range folders {
		if _, err := exec.LookPath(filepath.Join(folder, initdb)); err != nil {
			continue
		}
		if _, err := exec.LookPath(filepath.Join(folder, postgres)); err == nil {
			return folder, nil
		}
	}
	return "", errors.New("no initdb and postgres in PATH or in the usual folders")
}

func runCluster(ctx context.Context, bin, dir string) (*Server, error) {
	owner, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	create := exec.CommandContext(ctx, filepath.Join(bin, initdb), "-D", data, "-U", "postgres",
		"--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--no-instructions")
	create.Dir = dir
	owner(create)
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	output, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = output.Close() }()
	// Not CommandContext: it would kill the server, and leave its children and shared memory behind.
	run := exec.Command(filepath.Join(bin, postgres), append(settings(),
		"-D", data, "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1")...)
	run.Dir, run.Stdout, run.Stderr = dir, output, output
	owner(run)
	if err := run.Start(); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	exited := make(chan struct{})
	go func() { defer close(exited); _ = run.Wait() }()
	stop := func() error {
		_ = run.Process.Signal(os.Interrupt) // "fast": ends the sessions and stops
		select {
		case <-exited:
		case <-time.After(10 * time.Second):
			_ = run.Process.Kill()
			<-exited
		}
		return nil
	}
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	if err := awaitReady(ctx, url); err != nil {
		text, _ := os.ReadFile(output.Name())
		return nil, errors.Join(fmt.Errorf("%w: %s", err, text), stop())
	}
	return &Server{URL: url, Source: bin, stop: stop}, nil
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
