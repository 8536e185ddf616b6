package application

import (
	"context"
	"fmt"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/uow"
)

// PurgeEvery is how often a [Purge] is to run.
const PurgeEvery = 10 * time.Minute

// How much is removed at once: a lot of rows in one unit of work, since on SQLite nobody else writes meanwhile, and so
// many lots. What is left then is left for the next time.
const (
	lot      = 500
	mostLots = 100
)

// keepSessions is how long a session is kept after it could last have been used, for the list of the admins.
const keepSessions = 30 * 24 * time.Hour

// Purge deletes what nobody needs any more.
type Purge struct {
	work    uow.UnitOfWork
	remains ports.Remains
}

// NewPurge returns a purge.
func NewPurge(work uow.UnitOfWork, remains ports.Remains) *Purge { return &Purge{work, remains} }

// Run deletes all there is, or as much as it may at once. Several nodes may do it at the same time.
func (p *Purge) Run(ctx context.Context) error {
	err := inLots(ctx, p.work, func(ctx context.Context, limit int) (int, error) {
		return p.remains.DeleteSessions(ctx, keepSessions, limit)
	})
	if err != nil {
		return fmt.Errorf("purge sessions: %w", err)
	}
	if err := inLots(ctx, p.work, p.remains.DeleteGuesses); err != nil {
		return fmt.Errorf("purge wrong passwords: %w", err)
	}
	err = inLots(ctx, p.work, func(ctx context.Context, limit int) (int, error) {
		return p.remains.DeleteMails(ctx, domain.KeepMails, limit)
	})
	if err != nil {
		return fmt.Errorf("purge mails: %w", err)
	}
	return nil
}

// inLots removes rows, each lot in a unit of work of its own, until there are none or the most lots are done.
func inLots(ctx context.Context, work uow.UnitOfWork, remove func(ctx context.Context, limit int) (int, error)) error {
	for range mostLots {
		var removed int
		err := work.Do(ctx, func(ctx context.Context) (err error) {
			removed, err = remove(ctx, lot)
			return err
		})
		if err != nil || removed < lot {
			return err
		}
	}
	return nil
}
