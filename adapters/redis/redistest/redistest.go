// Package redistest gives a test a Redis of its own, in Docker.
package redistest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"

	"fasttrack/adapters/redis"
)

const (
	defaultImage = "redis:7-alpine"
	startTimeout = 2 * time.Minute // pulling the image included
)

// URL starts a Redis that ends with the test, and returns its address. Without Docker the test is skipped, unless
// REQUIRE_DOCKER is 1.
func URL(t testing.TB) string {
	t.Helper()
	url, stop, err := start()
	if err != nil && os.Getenv("REQUIRE_DOCKER") != "1" {
		t.Skipf("REDIS IS NOT TESTED HERE: %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("stop Redis: %v", err)
		}
	})
	return url
}

// Client returns a client of a Redis that ends with the test.
func Client(t testing.TB) *goredis.Client {
	t.Helper()
	client, err := redis.Open(URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

var silence = sync.OnceFunc(func() { tclog.SetDefault(log.New(io.Discard, "", 0)) })

func start() (url string, stop func() error, err error) {
	// The library panics where it finds no Docker.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	silence()
	ctx := context.Background()
	container, err := testcontainers.Run(ctx, cmp.Or(os.Getenv("REDIS_IMAGE"), defaultImage),
		testcontainers.WithExposedPorts("6379/tcp"),
		// Minimal images have no shell to look at the port from inside.
		testcontainers.WithWaitStrategyAndDeadline(startTimeout, wait.ForListeningPort("6379/tcp").SkipInternalCheck()),
	)
	stop = func() error {
		if container == nil {
			return nil
		}
		return container.Terminate(ctx, testcontainers.StopTimeout(0))
	}
	if err != nil {
		_ = stop()
		return "", nil, err
	}
	endpoint, err := container.PortEndpoint(ctx, "6379/tcp", "")
	if err != nil {
		_ = stop()
		return "", nil, err
	}
	url = "redis://" + endpoint + "/0"
	return url, stop, awaitReady(ctx, url)
}

// awaitReady waits until Redis answers: a listening port is not enough, since Docker's proxy listens at once.
func awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	client, err := redis.Open(url)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	for client.Ping(ctx).Err() != nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for Redis: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
