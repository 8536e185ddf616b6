package idempotency

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Retention is how long an answer can be asked for again.
const Retention = 24 * time.Hour

// Keys are the keys of all users. It is safe for concurrent use; a process has one.
type Keys struct {
	db  *database.DB
	now clock.Clock

	mu       sync.Mutex
	inFlight map[name]bool // on SQLite
}

// name is what a key goes by.
type name struct {
	user ids.ID
	key  string
}

// New returns the keys in the database.
func New(db *database.DB, now clock.Clock) *Keys {
	return &Keys{db: db, now: now, inFlight: map[name]bool{}}
}

// Create carries out create, in a unit of work of its own or in that of ctx, unless it has been carried out before
// under the key of the request: then the first answer is given again, if authorize still allows it, which is told what was
// made. Without a key it is create alone. See the package for what authorize has to say.
func Create[T any](
	ctx context.Context, k *Keys, authorize func(ctx context.Context, made T) error,
	create func(context.Context) (*httpserver.Resource[T], error),
) (*httpserver.Resource[T], error) {
	request, ok := httpserver.RepeatableRequest(ctx)
	if !ok {
		return create(ctx)
	}
	n := name{auth.Must(ctx).UserID, request.Key}
	leave, err := k.enter(n)
	if err != nil {
		return nil, err
	}
	defer leave()
	var answer *httpserver.Resource[T]
	err = k.db.Do(ctx, func(ctx context.Context) error {
		if err := k.lock(ctx, n); err != nil {
			return err
		}
		switch kept, err := k.find(ctx, n); {
		case err != nil:
			return err
		case kept != nil:
			if !bytes.Equal(kept.Fingerprint, request.Fingerprint) {
				return httpserver.ErrIdempotencyMismatch
			}
			answer = httpserver.Replayed[T](kept.answer())
			if authorize == nil {
				return nil
			}
			var made T
			if err := json.Unmarshal([]byte(kept.Body), &made); err != nil {
				return fmt.Errorf("read a kept answer: %w", err)
			}
			return authorize(ctx, made)
		}
		var err error
		if answer, err = create(ctx); err != nil {
			return err
		}
		if answer == nil || answer.Status >= http.StatusMultipleChoices {
			return nil
		}
		return k.keep(ctx, n, request.Fingerprint, answer.Answer())
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}
