// Package redis connects to the Redis that the nodes of a system may share. Nothing in it is worth keeping, and nobody
// waits for it: a program whose Redis is away goes on.
package redis

import (
	"context"
	"errors"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is a client of a Redis.
type Client = goredis.Client

// Patience is how long one answer of Redis is waited for.
const Patience = 250 * time.Millisecond

var errURL = errors.New("the address of Redis must be like redis://user:password@host:6379/0")

// Check says what is wrong with a URL, without its parts, one of which is a password.
func Check(url string) error {
	if options, err := goredis.ParseURL(url); err != nil || options.Network != "tcp" {
		return errURL
	}
	return nil
}

// Open returns a client for a URL, such as redis://:password@host:6379/0. It connects when it is used first, and it
// never repeats a command by itself.
func Open(url string) (*Client, error) {
	options, err := goredis.ParseURL(url)
	if err != nil {
		return nil, errURL
	}
	quiet()
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = Patience, Patience, Patience
	options.PoolTimeout = Patience
	options.ContextTimeoutEnabled = true
	// What Redis is asked is asked by us.
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return goredis.NewClient(options), nil
}

// quiet keeps the library from writing to standard error by itself, which is a setting of the whole process. Whoever
// uses a client logs what went wrong.
var quiet = sync.OnceFunc(func() { goredis.SetLogger(silence{}) })

type silence struct{}

// Printf makes it a logger of the library.
func (silence) Printf(context.Context, string, ...any) {}
