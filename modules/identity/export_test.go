package identity

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"fasttrack/adapters/module"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
)

// Purge does what the module has done every so often.
func Purge(ctx context.Context, d module.Deps) error { return newPurge(d).Run(ctx) }

// CountHashes has every computation of a hash counted: it is what takes the time of a login.
func CountHashes(n *atomic.Int64) func(*Config) {
	return func(c *Config) {
		c.passwords = func(p ports.Passwords) ports.Passwords { return counted{p, n} }
	}
}

type counted struct {
	ports.Passwords

	n *atomic.Int64
}

func (c counted) Hash(ctx context.Context, password string) (domain.PasswordHash, error) {
	c.n.Add(1)
	return c.Passwords.Hash(ctx, password)
}

func (c counted) Verify(ctx context.Context, password string, hash domain.PasswordHash) (ports.Verification, error) {
	c.n.Add(1)
	return c.Passwords.Verify(ctx, password, hash)
}

// PauseBy has a refusal that is to take longer wait by this instead of a timer.
func PauseBy(pause func(ctx context.Context, d time.Duration) error) func(*Config) {
	return func(c *Config) { c.pause = pause }
}

// HashesTake has the comparison with a hash take what is said of those that begin like it, and adds it up.
func HashesTake(work map[string]time.Duration, spent *atomic.Int64) func(*Config) {
	return func(c *Config) {
		c.passwords = func(p ports.Passwords) ports.Passwords { return timed{p, work, spent} }
	}
}

type timed struct {
	ports.Passwords

	work  map[string]time.Duration
	spent *atomic.Int64
}

func (p timed) Verify(ctx context.Context, password string, hash domain.PasswordHash) (ports.Verification, error) {
	v, err := p.Passwords.Verify(ctx, password, hash)
	longest := -1
	for beginning, work := range p.work {
		if strings.HasPrefix(string(hash), beginning) && len(beginning) > longest {
			longest, v.Took = len(beginning), work
		}
	}
	p.spent.Add(int64(v.Took))
	return v, err
}
