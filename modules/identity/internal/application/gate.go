package application

import (
	"context"
	"time"

	"fasttrack/modules/identity/internal/domain"
)

// A [gate] lets few logins at once read what they need before the hash. Without it hundreds of logins at once would take
// every connection of the database, only to wait for their hashes then, and reads of others would find none.
const (
	gateWidth    = 2
	gatePatience = 5 * time.Second
)

type gate chan struct{}

func newGate() gate { return make(gate, gateWidth) }

// pass runs fn when there is room. If that takes too long it fails with domain.ErrBusy; if ctx ends first, with its
// error.
func (g gate) pass(ctx context.Context, fn func() error) error {
	patience := time.NewTimer(gatePatience)
	defer patience.Stop()
	select {
	case g <- struct{}{}:
		defer func() { <-g }()
		return fn()
	case <-patience.C:
		return domain.ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}
