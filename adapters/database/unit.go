package database

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/uow"
)

// How often a unit of work is tried, and how long it waits before the second try; the wait doubles with each.
const (
	maxAttempts = 6
	firstDelay  = 5 * time.Millisecond
)

// errUnfinished dooms a unit whose function panicked or ended its goroutine.
var errUnfinished = errors.New("database: a function of the unit of work did not return")

// transaction is what a unit of work runs in.
type transaction struct {
	dialect Dialect
	tx      *sql.Tx
	unit    *uow.Unit
	done    atomic.Bool // atomic, because a goroutine that should not be there might ask
}

// transactionKey finds the transaction of one database in a context.
type transactionKey struct{ db *DB }

func (db *DB) transaction(ctx context.Context) *transaction {
	t, _ := ctx.Value(transactionKey{db}).(*transaction)
	return t
}

// Do implements uow.UnitOfWork. A unit that loses against others in every attempt, gets no connection in time, or
// takes longer than Config.UnitTimeout fails with [ErrUnavailable].
func (db *DB) Do(ctx context.Context, fn func(ctx context.Context) error) error {
	if t := db.transaction(ctx); t != nil {
		return t.join(ctx, fn)
	}
	var deadline time.Time // of the unit; set once it has a connection
	alone := false
	for attempt := 1; ; attempt++ {
		again, lost, err := db.attempt(ctx, &deadline, alone, fn)
		if !again {
			return Translate(err)
		}
		if lost {
			alone = true           // whoever it was may do it again
			deadline = time.Time{} // others have taken the time
		}
		delay := firstDelay << (attempt - 1)
		delay += rand.N(delay) //nolint:gosec // jitter
		late := !deadline.IsZero() && time.Now().Add(delay).After(deadline)
		if attempt == maxAttempts || late || !sleep(ctx, delay) {
			return ErrUnavailable.WithCause(err)
		}
	}
}

// join runs fn in the unit that is already there.
func (t *transaction) join(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	if t.done.Load() {
		return uow.ErrDone
	}
	if doom := t.unit.Doomed(); doom != nil {
		return doom
	}
	err = errUnfinished
	defer func() {
		if err != nil {
			t.unit.Doom(err)
		}
	}()
	err = fn(ctx)
	return err
}

// attempt runs the unit once, and tells whether it may win another time, and whether it was lost because of others. The
// connection is waited for as long as the client waits; from then on the client's going away changes nothing, so that no
// COMMIT is left ambiguous.
func (db *DB) attempt(
	ctx context.Context, deadline *time.Time, alone bool, fn func(context.Context) error,
) (again, lost bool, err error) {
	turn, err := db.take(ctx, alone)
	if err != nil {
		return false, false, err
	}
	if deadline.IsZero() {
		*deadline = time.Now().Add(db.config.UnitTimeout)
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), *deadline)
	defer cancel()

	ctx, unit := uow.Begin(ctx)
	t := &transaction{dialect: db.dialect, unit: unit}
	ctx = context.WithValue(ctx, transactionKey{db}, t)
	// A panic and runtime.Goexit pass through here as well; they go on once the transaction is rolled back.
	committed := false
	defer func() {
		if !committed {
			t.done.Store(true)
			unit.Abandon()
			_ = turn.rollback()
		}
	}()
	if t.tx, err = turn.begin(ctx); err != nil {
		// A pooled connection may have died since its last use. On SQLite the lock has been waited for already.
		return db.dialect == Postgres && isUnavailable(err), false, err
	}
	for _, p := range db.participants {
		ctx = p.Begin(ctx)
	}
	err = db.run(ctx, unit, fn)
	t.done.Store(true)
	if err != nil {
		late := ctx.Err() != nil // and not because of those that the rollback waits for
		why := turn.rollback()
		switch {
		case late && (errs.KindOf(err) == errs.Internal || errs.KindOf(err) == errs.Unavailable):
			return false, false, ErrUnavailable.WithCause(err) // out of time: what came of it is only a symptom
		case why != nil:
			return true, true, errors.Join(err, why)
		}
		return isRetryable(err), false, err
	}
	// The connection is given back with the commit: what follows does not need it.
	if lost, err = turn.commit(); err != nil {
		return lost || isRetryable(err), lost, err
	}
	committed = true
	for _, p := range db.participants {
		p.AfterCommit(ctx)
	}
	return false, false, unit.Committed()
}

// run is what happens inside the transaction, up to its commit.
func (db *DB) run(ctx context.Context, unit *uow.Unit, fn func(ctx context.Context) error) error {
	if err := fn(ctx); err != nil {
		if doom := unit.Doomed(); doom != nil && isRetryable(doom) {
			return doom // err is only what fn made of it
		}
		return err
	}
	if err := unit.Doomed(); err != nil {
		return err
	}
	for _, p := range db.participants {
		if err := p.BeforeCommit(ctx); err != nil {
			return err
		}
	}
	return unit.Doomed()
}

// sleep waits, and reports false when the client has gone meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
