package ports

import (
	"context"
	"time"
)

// Remains are what nobody needs any more. Its methods need a unit of work. Each deletes at most limit rows, those that
// have been there for longest first, and returns how many it deleted: less than limit when there are no more.
type Remains interface {
	// DeleteSessions deletes refresh tokens that expired longer ago than age, and with the last one its session.
	DeleteSessions(ctx context.Context, age time.Duration, limit int) (tokens int, err error)
	// DeleteGuesses deletes counters of wrong passwords that say nothing any more.
	DeleteGuesses(ctx context.Context, limit int) (counters int, err error)
	// DeleteMails deletes mails whose tokens expired longer ago than age.
	DeleteMails(ctx context.Context, age time.Duration, limit int) (mails int, err error)
}
