package pgserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	defaultImage = "postgres:17-alpine"
	startTimeout = 2 * time.Minute // pulling the image included
)

func startDocker(ctx context.Context) (server *Server, err error) {
	// The library panics where it finds no Docker.
	defer func() {
		if p := recover(); p != nil {
			server, err = nil, fmt.Errorf("%v", p)
		}
	}()
	tclog.SetDefault(log.New(io.Discard, "", 0))
	provider, err := testcontainers.ProviderDocker.GetProvider()
	if err != nil {
		return nil, err
	}
	if err := provider.Health(ctx); err != nil {
		return nil, err
	}
	image := cmp.Or(os.Getenv("POSTGRES_IMAGE"), defaultImage)
	container, err := testcontainers.Run(ctx, image,
		testcontainers.WithExposedPorts("5432/tcp"),
		testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": "postgres"}),
		testcontainers.WithCmd(append([]string{"postgres"}, settings()...)...),
		testcontainers.WithTmpfs(map[string]string{"/dev/shm": "rw,size=256m"}),
		// Minimal images have no shell to look at the port from inside.
		testcontainers.WithWaitStrategyAndDeadline(startTimeout,
			wait.ForListeningPort("5432/tcp").SkipInternalCheck()),
	)
	stop := func() error {
		if container == nil {
			return nil
		}
		return container.Terminate(context.WithoutCancel(ctx), testcontainers.StopTimeout(0))
	}
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	endpoint, err := container.PortEndpoint(ctx, "5432/tcp", "")
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	url := "postgres://postgres:postgres@" + endpoint + "/postgres?sslmode=disable"
	if err := awaitReady(ctx, url); err != nil {
		return nil, errors.Join(err, stop())
	}
	return &Server{URL: url, Source: "Docker, " + image, stop: stop}, nil
}
