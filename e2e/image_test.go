package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
var built = sync.OnceValue(func() error { return buildImage(image) })

func buildImage(name string, options ...string) error {
	build := exec.Command("docker", slices.Concat([]string{
		"build", "-q", "--network", "host", "-t", name, "--build-arg", "VERSION=e2e",
		"--build-arg", "GO_IMAGE=" + cmp.Or(os.Getenv("GO_IMAGE"), "golang:1.26"),
		"--build-arg", "RUNTIME_IMAGE=" + cmp.Or(os.Getenv("RUNTIME_IMAGE"), "scratch"),
	}, options, []string{root})...)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

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
	t.Logf("the image: %.1f MB", float64(info.Size)/1e6)
	require.Less(t, info.Size, int64(60e6), "bytes")
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

// composed is a project of docker-compose that is gone when the test ends.
type composed struct {
	t     *testing.T
	dir   string
	files []string // -f …, or none
	name  string
}

// compose prepares the services of the compose file in a folder, under a name of their own.
func compose(t *testing.T, dir, name string, files ...string) *composed {
	t.Helper()
	c := &composed{t: t, dir: dir, name: name}
	for _, file := range files {
		c.files = append(c.files, "-f", file)
	}
	c.do("config", "--quiet")
	c.do("down", "--volumes", "--timeout", "1") // what a run that was killed has left
	t.Cleanup(func() { c.do("down", "--volumes", "--timeout", "1") })
	return c
}

func (c *composed) do(args ...string) string {
	c.t.Helper()
	tool, err := exec.LookPath("docker-compose")
	if err != nil && os.Getenv("REQUIRE_DOCKER") != "1" {
		c.t.Skip("DOCKER-COMPOSE IS NOT HERE, SO THE COMPOSE FILE IS NOT TESTED")
	}
	require.NoError(c.t, err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), startWithin)
	defer cancel()
	var out, errOut bytes.Buffer
	all := slices.Concat([]string{"-p", c.name}, c.files, []string{"--profile", "cluster"}, args)
	cmd := exec.CommandContext(ctx, tool, all...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &out, &errOut
	cmd.Env = append(os.Environ(), "FASTTRACK_IMAGE="+image, "PROXY_PORT=0", "HTTP_PORT=0", "COMPOSE_HTTP_TIMEOUT=120")
	require.NoError(c.t, cmd.Run(), errOut.String())
	return strings.TrimSpace(out.String())
}

// address is where a port of a service is on this machine.
func (c *composed) address(service, port string) string {
	c.t.Helper()
	_, port, found := strings.Cut(c.do("port", service, port), ":")
	require.True(c.t, found)
	return "http://127.0.0.1:" + port
}

// awaitReady waits until a server takes requests.
func awaitReady(t *testing.T, pool *dockertest.Pool, address string) {
	t.Helper()
	began := time.Now()
	require.NoError(t, pool.Retry(func() error {
		answer, err := http.Get(address + "/readyz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", answer.Status)
		}
		return nil
	}))
	t.Logf("ready after %v", time.Since(began))
}

// TestTheNodeOfTheComposeFile starts what docker-compose up starts: one node on SQLite in a volume.
func TestTheNodeOfTheComposeFile(t *testing.T) {
	t.Parallel()
	pool := engine(t)
	require.NoError(t, built())
	c := compose(t, root, "fasttrack-e2e-node")
	c.do("up", "--detach", "--no-build", "app")
	address := c.address("app", "8000")
	awaitReady(t, pool, address)
	here := harness.Attach(t, address)
	walk(here, here)
	c.do("restart", "--timeout", "30", "app")
	address = c.address("app", "8000")
	awaitReady(t, pool, address)
	again := harness.Attach(t, address)
	again.Post("/auth/register", map[string]any{"email": "carl@example.com", "password": "nine red kites circle"}).Wants(201)
}

// TestTheCluster starts the compose file's cluster, as its first lines say, and takes the README's way through the
// proxy, command by command, while one node is killed.
func TestTheCluster(t *testing.T) {
	t.Parallel()
	engine(t)
	require.NoError(t, built())
	c := compose(t, root, "fasttrack-e2e")
	c.do("up", "--detach", "--no-build", "proxy") // returns when both nodes are healthy
	killed := false
	tryTheREADME(t, copyOfRepository(t), c.address("proxy", "8080"), func(block string) {
		// Two people are there, and Bob is about to open his socket.
		if strings.Contains(block, "fasttrack watch") {
			c.do("kill", "node1")
			killed = true
		}
	})
	require.True(t, killed)
}

// TestTheDevelopmentOverrideStartsAnew: with docker-compose.dev.yml, which does what make dev does, a node runs from the
// source in the folder, and another one when that changes.
func TestTheDevelopmentOverrideStartsAnew(t *testing.T) {
	t.Parallel()
	pool := engine(t)
	checkout := copyOfRepository(t)
	require.NoError(t, built())
	const stage = "fasttrack-dev" // of the override; its layers are those of the image
	require.NoError(t, buildImage(stage, "--target", "build"))
	c := compose(t, checkout, "fasttrack-e2e-dev", "docker-compose.yml", "docker-compose.dev.yml")
	c.do("up", "--detach", "--no-build", "app")
	address := c.address("app", "8000")
	pool.MaxWait = 5 * time.Minute // it compiles
	awaitReady(t, pool, address)

	const path = "bootstrap/version.go"
	changed := read(t, filepath.Join(checkout, path)) + "\nfunc init() { version = \"changed\" }\n"
	require.NoError(t, os.WriteFile(filepath.Join(checkout, path), []byte(changed), 0o600))
	require.NoError(t, pool.Retry(func() error {
		answer, err := http.Get(address + "/health")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && !strings.Contains(string(text), `"version":"changed"`) {
			err = fmt.Errorf("it is the old one: %s", text)
		}
		return err
	}))
}
