package ports

import (
	"context"
	"time"
)

// Tickets keeps what single-use tickets stand for, until they are used or have expired.
type Tickets interface {
	// Keep remembers a ticket by its hash. It needs a unit of work.
	Keep(ctx context.Context, hash, sealed []byte, expires time.Time) error
	// Take forgets the ticket and returns what was sealed with it; ok is false when there is none or it has expired by
	// now. Of several takers at once, on whatever nodes, one gets it. It needs a unit of work.
	Take(ctx context.Context, hash []byte, now time.Time) (sealed []byte, ok bool, err error)
	// Sweep forgets tickets that have expired by now, at most limit, and returns how many those were. It needs a unit
	// of work.
	Sweep(ctx context.Context, now time.Time, limit int) (int, error)
}
