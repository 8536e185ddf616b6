package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"
)

// Run serves until ctx is done, or a part of the program fails, and then stops everything in order. It calls started
// with the address once it accepts connections. An App runs once.
func (a *App) Run(ctx context.Context, started func(address net.Addr)) (err error) {
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.modules.identity.EnsureSuperuser(ctx); err != nil {
		return err
	}
	for _, warning := range a.cfg.Warnings() {
		a.log.Warn(warning)
	}
	listener, err := listen("ADDR", a.cfg.Addr)
	if err != nil {
		return err
	}

	failed := make(chan error, len(a.parts)+1) // room for all of them and the server
	running := make([]*background, len(a.parts))
	for i, p := range a.parts {
		running[i] = start(p, failed)
	}
	server := start(part{name: "server", run: func(ctx context.Context) error {
		err := a.server.Serve(ctx, listener)
		if err == nil {
			<-ctx.Done() // it was shut down, and is told to stop when the requests are finished
		}
		return err
	}}, failed)
	started(listener.Addr())

	select {
	case <-ctx.Done():
		a.drain(failed)
	case err := <-failed:
		a.log.Error("stopping, since a part of the program failed", "error", err)
	}

	for i, p := range a.parts {
		if p.endsWithRequests {
			running[i].cancel()
		}
	}
	a.finishRequests(ctx)
	failures := server.stop()
	for _, b := range slices.Backward(running) {
		failures = errors.Join(failures, b.stop())
	}
	return failures
}

// drain says that this node is not ready, and goes on serving while load balancers learn of it.
func (a *App) drain(failed <-chan error) {
	a.log.Info("stopping", "drain_delay", *a.cfg.DrainDelay)
	a.server.Drain()
	timer := time.NewTimer(*a.cfg.DrainDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case err := <-failed:
		a.log.Error("stopping at once, since a part of the program failed", "error", err)
	}
}

// finishRequests stops accepting connections and waits for the requests under way, in bounds.
func (a *App) finishRequests(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.ShutdownTimeout)
	defer cancel()
	if err := a.server.Shutdown(ctx); err != nil {
		a.log.Warn("requests were cut off: SHUTDOWN_TIMEOUT was too short for them", "error", err)
	}
}

func listen(key, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s already: stop it, or set %s to another address", address, key)
	case err != nil:
		return nil, fmt.Errorf("%w: set %s to an address of this machine", err, key)
	}
	return listener, nil
}
