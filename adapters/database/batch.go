package database

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// How long units of work may join a batch, and how many. The first is what a unit may have to wait longer than by
// itself, beside the unit that runs when the time is over.
const (
	batchAge   = 10 * time.Millisecond
	batchUnits = 100
)

// batches has the units of work on SQLite run one after the other, in the order in which they came. Those that have to
// wait for each other share a transaction, so that one sync of the disk makes many of them durable (group commit: DeWitt
// and others, Implementation Techniques for Main Memory Database Systems, 1984). To its client each is a transaction
// by itself: it runs alone, in a savepoint that it can be taken back to, and none of them is answered, not even with a
// refusal, before what it has seen is durable. A unit that meets no other is in no batch, and pays nothing. One that was lost
// because of another has a transaction of its own the next time.
type batches struct {
	writer *sql.DB       // with one connection
	bound  time.Duration // of the wait
	age    time.Duration // batchAge

	mu      sync.Mutex
	taken   bool      // somebody has the turn
	waiting list.List // of *waiter, in the order of asking
	waits   waits
}

// waiter is a unit that waits for its turn.
type waiter struct {
	turn  chan *batch // the one to go on with, or nil to begin one
	alone bool        // it wants to begin one
}

// batch is a transaction that several units share.
type batch struct {
	conn   *sql.Conn
	tx     *sql.Tx
	shared bool // others may join
	began  time.Time
	units  int           // that are done and wait for the commit
	ended  chan struct{} // closed after the commit, or after
	lost   error         // which says why there was none
}

// batchTurn is one unit's part of a batch.
type batchTurn struct {
	of    *batches
	batch *batch
	alone bool // nobody may join
	saved bool // there is a savepoint
	over  bool
}

// take waits for the turn. Whoever has it hands it on: with the batch, or without one for the next to begin anew.
func (b *batches) take(ctx context.Context, alone bool) (turn, error) {
	ctx, cancel := context.WithTimeout(ctx, b.bound) // the job queue may have the connection
	defer cancel()
	running, err := b.wait(ctx, alone)
	if err != nil {
		return nil, err
	}
	if running == nil {
		conn, err := b.writer.Conn(ctx)
		if err != nil {
			b.pass(nil)
			return nil, err
		}
		running = &batch{conn: conn, ended: make(chan struct{})}
	}
	return &batchTurn{of: b, batch: running, alone: alone}, nil
}

// wait returns the batch to go on with, or nil to begin one.
func (b *batches) wait(ctx context.Context, alone bool) (*batch, error) {
	b.mu.Lock()
	if !b.taken {
		b.taken = true
		b.mu.Unlock()
		return nil, nil
	}
	mine := make(chan *batch, 1)
	place := b.waiting.PushBack(&waiter{mine, alone})
	b.mu.Unlock()
	defer b.waits.begin()()
	select {
	case running := <-mine:
		return running, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	select {
	case running := <-mine: // at the same moment
		b.mu.Unlock()
		return running, nil
	default:
		b.waiting.Remove(place)
		b.mu.Unlock()
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	return nil, ErrUnavailable.WithCause(fmt.Errorf("no turn to write within %s: %w", b.bound, ctx.Err()))
}

// pass hands the turn to who waits longest, and reports whether there is somebody who takes it.
func (b *batches) pass(running *batch) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.waiting.Front()
	if first == nil {
		b.taken = running != nil // with a batch, the turn is still the caller's
		return false
	}
	next := first.Value.(*waiter)
	if running != nil && next.alone {
		return false
	}
	b.waiting.Remove(first)
	next.turn <- running
	return true
}

// contended reports whether somebody waits.
func (b *batches) contended() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting.Len() > 0
}

func (t *batchTurn) begin(ctx context.Context) (_ *sql.Tx, err error) {
	b := t.batch
	if b.tx == nil {
		// It outlives its first unit, whose time may run out while others go on.
		if b.tx, err = b.conn.BeginTx(context.WithoutCancel(ctx), nil); err != nil {
			return nil, err
		}
		b.began, b.shared = time.Now(), !t.alone && t.of.contended()
	}
	if b.shared {
		if _, err := b.tx.ExecContext(context.WithoutCancel(ctx), "SAVEPOINT unit"); err != nil {
			b.lost = err
			return nil, err
		}
		t.saved = true
	}
	return b.tx, nil
}

// The turn is handed on and the batch ends whatever happens, a panic of the driver included: others wait for it.

func (t *batchTurn) commit() (lost bool, err error) {
	if t.over {
		return false, sql.ErrTxDone
	}
	b := t.batch
	b.units++
	defer func() {
		t.handOn()
		lost, err = b.lost != nil && t.saved, b.lost
	}()
	if t.saved {
		b.lost = errUnfinished
		// Where SQLite has rolled back by itself, as it does when the disk is full, there is no savepoint any more.
		_, b.lost = b.tx.ExecContext(context.Background(), "RELEASE unit")
	}
	return false, nil
}

func (t *batchTurn) rollback() (lost error) {
	if t.over {
		return nil
	}
	b := t.batch
	defer func() {
		t.handOn()
		if b.units > 0 { // if it was the first, what it has read was committed before
			lost = b.lost
		}
	}()
	if t.saved && b.units > 0 && b.lost == nil {
		b.lost = errUnfinished
		if _, b.lost = b.tx.ExecContext(context.Background(), "ROLLBACK TO unit"); b.lost == nil {
			_, b.lost = b.tx.ExecContext(context.Background(), "RELEASE unit")
		}
	}
	return nil
}

// handOn ends the turn, and returns when the batch has ended.
func (t *batchTurn) handOn() {
	t.over = true
	b := t.batch
	mayGoOn := b.shared && b.lost == nil && b.units > 0 && b.units < batchUnits && time.Since(b.began) < t.of.age
	if !mayGoOn || !t.of.pass(b) {
		defer t.of.pass(nil)
		b.end()
	}
	<-b.ended
}

// end commits what the units did, if there are any.
func (b *batch) end() {
	defer close(b.ended)
	defer func() { _ = b.conn.Close() }() // first: the connection is free when the units go on
	switch {
	case b.tx == nil:
	case b.units > 0 && b.lost == nil:
		b.lost = errUnfinished
		b.lost = b.tx.Commit()
	default:
		_ = b.tx.Rollback()
	}
}
