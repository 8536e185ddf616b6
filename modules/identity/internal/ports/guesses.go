package ports

import (
	"context"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

// Guesses keeps how often the passwords of accounts were guessed wrong, until it does not matter any more. Times are
// those of the database.
type Guesses interface {
	// Look returns what is remembered, and the time, in one statement.
	Look(ctx context.Context, key domain.GuessKey) (g domain.Guesses, now time.Time, err error)
	// Networks returns from where the user's last sessions were opened; of nobody (the zero id) there are none. It
	// takes the same time.
	Networks(ctx context.Context, user ids.ID) ([]string, error)

	// Lock is Look that keeps everybody else from counting failures of the account until the unit ends. It needs a
	// unit of work, as everything below does.
	Lock(ctx context.Context, key domain.GuessKey) (g domain.Guesses, now time.Time, err error)
	// Keep keeps what was looked at under the lock and changed since.
	Keep(ctx context.Context, key domain.GuessKey, g domain.Guesses) error
	// Clear forgets the failures from one network. Those of the account over all networks stay.
	Clear(ctx context.Context, key domain.GuessKey) error
	// Forget forgets all failures of an account.
	Forget(ctx context.Context, account []byte) error
}
