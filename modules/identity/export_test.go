package identity

import (
	"context"
	"sync/atomic"

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

func (c counted) Verify(ctx context.Context, password string, hash domain.PasswordHash) (bool, error) {
	c.n.Add(1)
	return c.Passwords.Verify(ctx, password, hash)
}
