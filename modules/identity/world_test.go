package identity_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/mail"
	"fasttrack/adapters/mail/mailtest"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/identity"
	"fasttrack/shared/clock"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

const (
	password = "correct horse battery"
	secret   = "a secret of this test that is long enough"
)

// node is one program: the module alone on a database, behind a real server.
type node struct {
	*identity.Module
	*moduletest.World
	ahead  atomic.Int64    // how far the node's clock is ahead, in nanoseconds
	outbox mailtest.Outbox // of what it mails, once its jobs run

	mu  sync.Mutex
	log bytes.Buffer
}

// newNode wires the module; options change its configuration.
func newNode(t *testing.T, db *database.DB, options ...func(*identity.Config)) *node {
	t.Helper()
	return newNodeWith(t, db, nil, options...)
}

// newNodeWith is newNode with more options for the world around the module.
func newNodeWith(
	t *testing.T, db *database.DB, world []moduletest.Option, options ...func(*identity.Config),
) *node {
	t.Helper()
	n := &node{outbox: mailtest.Outbox(t.TempDir())}
	config := identity.Config{
		SecretKey: []byte(secret), RefreshGrace: 10 * time.Second,
		Argon2MemoryKiB: 64, Argon2Iterations: 1,
	}
	for _, option := range options {
		option(&config)
	}
	world = append([]moduletest.Option{
		moduletest.WithClock(n.now), moduletest.BehindProxy(),
		moduletest.WithMail(mail.NewOutbox(
			string(n.outbox), "no-reply@example.com", clock.System, ids.New, slog.New(slog.DiscardHandler))),
		moduletest.WithLog(slog.New(slog.NewJSONHandler(n, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		moduletest.WithServer(func(s *httpserver.Server) { s.Authenticate(n.Authenticator()) }),
	}, world...)
	n.World = moduletest.New(t, db, func(d module.Deps) { n.Module = identity.New(d, config) }, world...)
	return n
}

// each runs the test on a node for each database.
func each(t *testing.T, test func(t *testing.T, n *node), options ...func(*identity.Config)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *database.DB) { test(t, newNode(t, db, options...)) })
}

func (n *node) now() time.Time { return clock.System().Add(time.Duration(n.ahead.Load())) }

// Write takes a line of the log.
func (n *node) Write(line []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(line)
}

func (n *node) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

// endings returns the reasons of the sessions that ended since the last call.
func (n *node) endings() (reasons []string) {
	for _, e := range n.Events() {
		if ended, ok := e.(events.SessionEnded); ok {
			reasons = append(reasons, ended.Reason)
		}
	}
	return reasons
}

// user is the body of a user.
type user struct {
	ID            ids.ID    `json:"id"`
	Email         string    `json:"email"`
	DisplayName   string    `json:"display_name"`
	Role          string    `json:"role"`
	IsActive      bool      `json:"is_active"`
	EmailVerified bool      `json:"email_verified"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

type grant struct {
	AccessToken      string `json:"access_token"`
	RefreshToken     string `json:"refresh_token"`
	TokenType        string `json:"token_type"`
	ExpiresIn        int64  `json:"expires_in"`
	RefreshExpiresIn int64  `json:"refresh_expires_in"`
}

// person is somebody with an account and a session.
type person struct {
	*httpservertest.Client
	user
	grant
}

func address(name string) string { return name + "@example.com" }

func credentials(name string) map[string]string {
	return map[string]string{"email": address(name), "password": password}
}

func refreshing(token string) map[string]string { return map[string]string{"refresh_token": token} }

// register makes an account.
func (n *node) register(t *testing.T, name string) (u user) {
	t.Helper()
	n.Anonymous(t).Post("/api/v1/auth/register", credentials(name)).Decode(201, &u)
	return u
}

// login opens a session.
func (n *node) login(t *testing.T, name string) *person {
	t.Helper()
	p := &person{Client: n.Anonymous(t)}
	p.Post("/api/v1/auth/login", credentials(name)).Decode(200, &p.grant)
	return n.as(t, p.grant)
}

// as returns who holds the grant.
func (n *node) as(t *testing.T, g grant) *person {
	t.Helper()
	p := &person{Client: n.Anonymous(t), grant: g}
	p.Token = g.AccessToken
	p.Get("/api/v1/users/me").Decode(200, &p.user)
	return p
}

// join registers somebody and logs them in.
func (n *node) join(t *testing.T, name string) *person {
	t.Helper()
	n.register(t, name)
	return n.login(t, name)
}

// admin joins as an admin.
func (n *node) admin(t *testing.T, name string) *person {
	t.Helper()
	n.register(t, name)
	n.Exec("UPDATE users SET role = 'admin' WHERE email = ?", address(name))
	return n.login(t, name)
}

func (p *person) refresh(token string) *httpservertest.Answer {
	return p.Post("/api/v1/auth/refresh", refreshing(token))
}

func (p *person) path() string { return "/api/v1/users/" + p.ID.String() }

// alive reports whether the access token is taken.
func (p *person) alive() bool { return p.Get("/api/v1/users/me").Status == 200 }

// atOnce runs fn n times at the same moment and returns what came of it, in no order.
func atOnce[T any](n int, fn func(i int) T) []T {
	results := make([]T, n)
	begin := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-begin
			results[i] = fn(i)
		})
	}
	close(begin)
	running.Wait()
	return results
}

func statuses(answers []*httpservertest.Answer) map[int]int {
	counts := map[int]int{}
	for _, a := range answers {
		counts[a.Status]++
	}
	return counts
}

// claims returns what a token says, unchecked.
func claims(t *testing.T, token string) (header, payload map[string]any) {
	t.Helper()
	parts := bytes.Split([]byte(token), []byte("."))
	require.Len(t, parts, 3)
	require.NoError(t, json.Unmarshal(decoded(t, parts[0]), &header))
	require.NoError(t, json.Unmarshal(decoded(t, parts[1]), &payload))
	return header, payload
}

func sessionOf(t *testing.T, token string) ids.ID {
	t.Helper()
	_, payload := claims(t, token)
	return ids.MustParse(fmt.Sprint(payload["sid"]))
}

// waitForMemory waits until the node checks access tokens without asking the database.
func (n *node) waitForMemory(t *testing.T) {
	t.Helper()
	probe := n.join(t, "probe")
	require.Eventually(t, func() bool { return !n.asks(t, probe.AccessToken) }, 10*time.Second, 10*time.Millisecond)
}

// asks reports whether the node asks the database about a live access token.
func (n *node) asks(t *testing.T, token string) bool {
	t.Helper()
	statements := n.Statements(func() {
		_, err := n.Authenticator().Authenticate(t.Context(), token)
		require.NoError(t, err)
	})
	return slices.ContainsFunc(statements, func(s string) bool { return strings.Contains(s, "sessions.ended_at") })
}

func superuser(email, password string) func(*identity.Config) {
	return func(c *identity.Config) { c.SuperuserEmail, c.SuperuserPassword = email, password }
}
