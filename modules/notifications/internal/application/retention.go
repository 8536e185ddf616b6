package application

import (
	"context"
	"fmt"
	"time"

	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/jobs"
	"fasttrack/shared/uow"
)

// Purge is the job of forgetting what is not kept any longer.
type Purge struct{}

// Kind implements jobs.Args.
func (Purge) Kind() string { return "notifications.purge" }

const (
	purgeInterval = time.Hour
	// purgedAtOnce bounds a unit of work, so that it holds locks, and SQLite's writer, for milliseconds.
	purgedAtOnce = 500
	// purgesPerJob bounds a job, which leaves the rest to another.
	purgesPerJob = 100
)

// Retention forgets notifications and tickets when their time is over.
type Retention struct {
	work    uow.UnitOfWork
	feeds   ports.Feeds
	tickets ports.Tickets
	queue   jobs.Queue
	now     clock.Clock
	keep    time.Duration
}

// NewRetention returns the service, and has it do its job every hour. Notifications are kept for the duration keep.
func NewRetention(
	work uow.UnitOfWork, feeds ports.Feeds, tickets ports.Tickets, queue jobs.Queue, now clock.Clock, keep time.Duration,
) *Retention {
	r := &Retention{work, feeds, tickets, queue, now, keep}
	queue.Every(Purge{}.Kind(), purgeInterval, r.purge)
	return r
}

func (r *Retention) purge(ctx context.Context) error {
	now := r.now()
	ticketsDone, err := r.repeat(ctx, func(ctx context.Context) (int, error) {
		return r.tickets.Sweep(ctx, now, purgedAtOnce)
	})
	if err != nil {
		return fmt.Errorf("sweep tickets: %w", err)
	}
	feedsDone, err := r.repeat(ctx, func(ctx context.Context) (int, error) {
		return r.feeds.Purge(ctx, now.Add(-r.keep), purgedAtOnce)
	})
	if err != nil {
		return fmt.Errorf("purge feeds: %w", err)
	}
	if ticketsDone && feedsDone {
		return nil
	}
	return r.work.Do(ctx, func(ctx context.Context) error { return r.queue.Insert(ctx, Purge{}) })
}

// repeat does something in one small unit of work after the other, until nothing is left or it has been done often
// enough. It reports whether nothing is left.
func (r *Retention) repeat(ctx context.Context, do func(context.Context) (int, error)) (done bool, err error) {
	for range purgesPerJob {
		var n int
		err := r.work.Do(ctx, func(ctx context.Context) (err error) {
			n, err = do(ctx)
			return err
		})
		if err != nil || n < purgedAtOnce {
			return err == nil, err
		}
	}
	return false, nil
}
