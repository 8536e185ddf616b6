// Package pgserver starts a PostgreSQL for tests: in Docker, or from the programs on this machine.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNone says that there is nothing here to start a PostgreSQL with; its text says what was tried.
var ErrNone = errors.New("there is neither Docker nor a PostgreSQL to start")

var errNotWanted = errors.New("excluded by TEST_POSTGRES")

// Server is a running PostgreSQL with a superuser named postgres. Nothing in it is worth keeping: fsync is off,
// unless TEST_POSTGRES_DURABLE=1.
type Server struct {
	URL    string
	Source string // where it came from, for people
	stop   func() error
}

// Start starts a server. It fails with [ErrNone] where that is not possible. TEST_POSTGRES, if it is set, says where
// to look: "docker", "local", or "none".
func Start(ctx context.Context) (*Server, error) {
	only := os.Getenv("TEST_POSTGRES")
	dockerErr, localErr := errNotWanted, errNotWanted
	var server *Server
	if only == "" || only == "docker" {
		if server, dockerErr = startDocker(ctx); dockerErr == nil {
			return server, nil
		}
	}
	if os.Getenv("REQUIRE_DOCKER") == "1" {
		return nil, fmt.Errorf("REQUIRE_DOCKER=1, but there is no PostgreSQL from Docker: %w", dockerErr)
	}
	if only == "" || only == "local" {
		if server, localErr = startLocal(ctx); localErr == nil {
			return server, nil
		}
	}
	return nil, fmt.Errorf("%w (Docker: %w; local: %w)", ErrNone, dockerErr, localErr)
}

// Stop ends the server and removes what it leaves behind.
func (s *Server) Stop() error { return s.stop() }

// settings make a server quick and able to serve many tests at once. With TEST_POSTGRES_DURABLE=1 it takes as long to
// commit as one that keeps its data: for measurements.
func settings() []string {
	enough := []string{"-c", "max_connections=500", "-c", "max_wal_size=2GB", "-c", "autovacuum_naptime=10s"}
	if os.Getenv("TEST_POSTGRES_DURABLE") == "1" {
		return enough
	}
	return append(enough, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
}

// awaitReady waits until the server answers: a listening port is not enough, since Docker's proxy listens at once.
func awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for PostgreSQL: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
