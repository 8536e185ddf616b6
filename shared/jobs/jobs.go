// Package jobs is work that outlives the request: it is remembered in the transaction of what it follows from, and done
// some time after the commit, by any node.
//
// A job is done at least once. It is tried again, later and later, when it fails, and when the node that was at it has
// died; two nodes may even be at it at the same time. So a handler is idempotent, or does no harm twice.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Args is what a job is about, kept as JSON. A field may be added to it, while jobs of an older program wait.
type Args interface {
	// Kind names what is to be done, with the module before a dot: "notifications.mail_assignee".
	Kind() string
}

// Queue remembers jobs and has them done. Modules use [Handle], Insert and Every.
type Queue interface {
	// Insert has a job done after the unit of work that ctx carries has committed; uow.ErrDone outside of one. All args
	// of one kind in one unit of work are one job.
	Insert(ctx context.Context, args Args) error

	// Handle says who does the jobs of a kind. Each kind has one handler, and all are known before the queue runs.
	Handle(kind string, work func(ctx context.Context, batch []json.RawMessage) error)

	// Every has something done again and again, from the start of the program on: in each interval by one node, whichever
	// it is. The interval is in whole seconds, and better minutes. What fails is not tried again but done at the next time;
	// so is what takes too long, which ends ctx. The kind is one of those of [Handle].
	Every(kind string, interval time.Duration, work func(ctx context.Context) error)
}

// Handle has the jobs of A's kind done by work, which gets what one unit of work has inserted, in that order. Its ctx
// ends when it takes too long, or when the program stops and cannot wait. The job is done when it returns nil, and when
// it returns what [GiveUp] made; with any other error all of it is tried again later.
func Handle[A Args](q Queue, work func(ctx context.Context, batch []A) error) {
	var zero A
	q.Handle(zero.Kind(), func(ctx context.Context, encoded []json.RawMessage) error {
		batch := make([]A, len(encoded))
		for i, text := range encoded {
			if err := json.Unmarshal(text, &batch[i]); err != nil {
				return GiveUp(fmt.Errorf("read the args of a job of kind %s: %w", zero.Kind(), err))
			}
		}
		return work(ctx, batch)
	})
}

type gaveUp struct{ error }

func (e gaveUp) Unwrap() error { return e.error }

// GiveUp says that trying again would change nothing.
func GiveUp(err error) error { return gaveUp{err} }

// HasGivenUp reports whether err says so.
func HasGivenUp(err error) bool {
	_, is := errors.AsType[gaveUp](err)
	return is
}
