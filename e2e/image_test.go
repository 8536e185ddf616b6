package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// startWithin is how long containers may take to be healthy. What is promised is 30 s; a machine that builds and tests
// beside it may need longer.
const startWithin = 2 * time.Minute

// engine returns the Docker engine, or skips the test where there is none.
func engine(t *testing.T) *dockertest.Pool {
	t.Helper()
	if testing.Short() {
		t.Skip("builds an image")
	}
	pool, err := dockertest.NewPool("")
	if err == nil {
		err = pool.Client.Ping()
	}
	if err != nil && os.Getenv("REQUIRE_DOCKER") != "1" {
		t.Skipf("DOCKER IS NOT HERE, SO THE IMAGE IS NOT TESTED: %v", err)
	}
	require.NoError(t, err)
	pool.MaxWait = startWithin
	return pool
}

const image = "fasttrack-e2e"

// patient has a program wait for its database where the disk is busy with other tests, instead of answering 503.
const patient = "DB_ACQUIRE_TIMEOUT=25s"

// built makes the image from the Dockerfile once for all tests.
var built = sync.OnceValue(func() error {
	build := exec.Command("docker", "build", "-q", "--network", "host", "-t", image, "--build-arg", "VERSION=e2e",
		"--build-arg", "GO_IMAGE="+cmp.Or(os.Getenv("GO_IMAGE"), "golang:1.26"),
		"--build-arg", "RUNTIME_IMAGE="+cmp.Or(os.Getenv("RUNTIME_IMAGE"), "scratch"), root)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
})

// container runs an image until the test ends.
func container(t *testing.T, pool *dockertest.Pool, options *dockertest.RunOptions) *dockertest.Resource {
	t.Helper()
	r, err := pool.RunWithOptions(options, func(host *docker.HostConfig) {
		host.AutoRemove = true
		host.ReadonlyRootfs = options.Repository == image
		if options.Repository == image {
			host.CapDrop = []string{"ALL"}
		}
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pool.Purge(r) })
	return r
}

// healthy waits until the image's own HEALTHCHECK says so, and returns the address of the program in it.
func healthy(t *testing.T, pool *dockertest.Pool, r *dockertest.Resource) string {
	t.Helper()
	began := time.Now()
	err := pool.Retry(func() error {
		c, err := pool.Client.InspectContainer(r.Container.ID)
		if err != nil {
			return err
		}
		if c.State.Health.Status != "healthy" {
			return fmt.Errorf("it is %s", c.State.Health.Status)
		}
		return nil
	})
	if err != nil {
		var log bytes.Buffer
		_ = pool.Client.Logs(docker.LogsOptions{
			Container: r.Container.ID, OutputStream: &log, ErrorStream: &log, Stdout: true, Stderr: true,
		})
		require.NoError(t, err, log.String())
	}
	t.Logf("healthy after %v", time.Since(began))
	return "http://" + r.GetHostPort("8000/tcp")
}

// reference splits a reference such as ci/postgres:15.
func reference(variable, fallback string) (repository, tag string) {
	repository, tag, _ = strings.Cut(cmp.Or(os.Getenv(variable), fallback), ":")
	return repository, cmp.Or(tag, "latest")
}

// TestTheImage runs what the Dockerfile makes as a user without rights, on a root file system that nobody can write to:
// on SQLite alone, and as two nodes on PostgreSQL and Redis.
func TestTheImage(t *testing.T) {
	t.Parallel()
	pool := engine(t)
	require.NoError(t, built())
	info, err := pool.Client.InspectImage(image)
	require.NoError(t, err)
	require.Less(t, info.Size, int64(60<<20), "bytes")
	require.Equal(t, "65532:65532", info.Config.User)

	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		alone := container(t, pool, &dockertest.RunOptions{Repository: image, Tag: "latest", Env: []string{patient}})
		here := harness.Attach(t, healthy(t, pool, alone))
		require.Equal(t, "e2e", version(t, here))
		walk(here, here)
	})
	t.Run("two nodes", func(t *testing.T) {
		t.Parallel()
		network, err := pool.CreateNetwork(fmt.Sprint("fasttrack-e2e-", time.Now().UnixNano()))
		require.NoError(t, err)
		t.Cleanup(func() { _ = pool.RemoveNetwork(network) })
		at := []*dockertest.Network{network}
		postgres, postgresTag := reference("POSTGRES_IMAGE", "postgres:17-alpine")
		redis, redisTag := reference("REDIS_IMAGE", "redis:8-alpine")
		db := container(t, pool, &dockertest.RunOptions{
			Repository: postgres, Tag: postgresTag, Networks: at, Env: []string{"POSTGRES_PASSWORD=sesame"},
		})
		hints := container(t, pool, &dockertest.RunOptions{Repository: redis, Tag: redisTag, Networks: at})
		options := &dockertest.RunOptions{Repository: image, Tag: "latest", Networks: at, Env: []string{
			"DATABASE_URL=postgres://postgres:sesame@" + db.GetIPInNetwork(network) + "/postgres",
			"REDIS_URL=redis://" + hints.GetIPInNetwork(network) + ":6379/0", "SECRET_KEY=" + harness.SecretKey, patient,
		}}
		one, two := container(t, pool, options), container(t, pool, options)
		walk(harness.Attach(t, healthy(t, pool, one)), harness.Attach(t, healthy(t, pool, two)))
	})
}

func version(t *testing.T, c *harness.Client) string {
	t.Helper()
	return harness.Into[struct{ Version string }](c.Do(http.MethodGet, "/health", nil).Wants(200)).Version
}

// walk is a short journey over two nodes, or twice the same one.
func walk(here, there *harness.Client) {
	ann := here.Register("Ann")
	bob := there.Register("Bob")
	socket := bob.Socket("")
	task := ann.Task(ann.Project("Garden").ID, "Dig", map[string]any{"assignee_id": bob.ID})
	socket.Expect("task_assigned")
	bob.Patch("/tasks/"+task.ID+"/complete", nil).Wants(200)
	ann.Get("/tasks/" + task.ID).Wants(200)
	ann.Post("/auth/logout", nil).Wants(204)
}

// TestTheCluster starts the compose file's cluster, as its first lines say, and takes the README's way through the
// proxy while one node is killed.
func TestTheCluster(t *testing.T) {
	t.Parallel()
	engine(t)
	tool, err := exec.LookPath("docker-compose")
	if err != nil && os.Getenv("REQUIRE_DOCKER") != "1" {
		t.Skip("DOCKER-COMPOSE IS NOT HERE, SO THE COMPOSE FILE IS NOT TESTED")
	}
	require.NoError(t, err)
	require.NoError(t, built())
	compose := func(args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startWithin)
		defer cancel()
		var out, errOut bytes.Buffer
		cmd := exec.CommandContext(ctx, tool, append([]string{"-p", "fasttrack-e2e", "--profile", "cluster"}, args...)...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = root, &out, &errOut
		cmd.Env = append(os.Environ(), "FASTTRACK_IMAGE="+image, "PROXY_PORT=0")
		require.NoError(t, cmd.Run(), errOut.String())
		return strings.TrimSpace(out.String())
	}
	compose("config", "--quiet")
	compose("down", "--volumes", "--timeout", "1") // what a run that was killed has left
	t.Cleanup(func() { compose("down", "--volumes", "--timeout", "1") })
	compose("up", "--detach", "--no-build", "proxy")
	_, port, found := strings.Cut(compose("port", "proxy", "8080"), ":")
	require.True(t, found)
	proxy := harness.Attach(t, "http://127.0.0.1:"+port)

	ann, bob := proxy.Register("Ann"), proxy.Register("Bob")
	project := ann.Project("Garden")
	ann.Task(project.ID, "Before", nil)
	compose("kill", "node1")
	ann.Get("/projects/" + project.ID).Wants(200)
	task := ann.Task(project.ID, "After", map[string]any{"assignee_id": bob.ID})
	bob.Patch("/tasks/"+task.ID+"/complete", map[string]any{"completed": true}).Wants(200)
	require.Len(t, harness.All[harness.Task](ann.Client, "/projects/"+project.ID+"/tasks"), 2)
	require.Len(t, bob.Feed(), 1)
	bob.Socket("")
}
