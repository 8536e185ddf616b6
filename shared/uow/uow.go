// Package uow is the unit of work: everything that one command changes, in every module it touches, is committed
// together or not at all.
//
// [UnitOfWork] is what an application asks for; adapters/database implements it. The running unit rides in the
// context as a [Unit]. Its rules are in docs/architecture.md; the ones a caller meets are on the functions here.
package uow

import (
	"context"
	"errors"
)

// UnitOfWork runs functions in a database transaction.
type UnitOfWork interface {
	// Do runs fn in a transaction that rides in the context given to it, commits when fn returns nil and rolls back
	// otherwise. A Do inside another joins it: any error of a joined Do dooms the whole, even if it is swallowed.
	//
	// Only the outermost Do retries, after a serialization failure, a deadlock or the loss of a commit that it shared with
	// others, by running fn anew: fn loads everything it needs inside, and keeps nothing from an earlier attempt. No lock
	// that a unit of work may take is held while calling Do, which may wait for other units of work. fn starts no goroutine, makes no
	// network call and hashes no password. Once begun, the unit outlives its client: ctx loses its cancellation
	// (so that no COMMIT is left ambiguous) and gets a timeout instead.
	Do(ctx context.Context, fn func(ctx context.Context) error) error
}

// Participant takes part in every unit of work. The event bus is one.
type Participant interface {
	// Begin prepares an attempt and returns the context that it runs in.
	Begin(ctx context.Context) context.Context
	// BeforeCommit runs in the transaction, after everything else in it. Its error rolls back.
	BeforeCommit(ctx context.Context) error
	// AfterCommit runs once the transaction is durable. It must neither block nor fail.
	AfterCommit(ctx context.Context)
}

// Unit is the state of one attempt at a unit of work. It is used by one goroutine.
type Unit struct {
	doom     error
	outcome  error
	onCommit []func()
	done     bool
}

type key struct{}

// ErrDone is returned for work in a unit that has ended, that is, when its context has escaped.
var ErrDone = errors.New("uow: the unit of work has ended; its context must not be kept")

// Begin returns a context that carries a new unit. It is for implementations of [UnitOfWork].
func Begin(ctx context.Context) (context.Context, *Unit) {
	u := &Unit{}
	return context.WithValue(ctx, key{}, u), u
}

// Current returns the unit that runs in ctx, or nil.
func Current(ctx context.Context) *Unit {
	u, _ := ctx.Value(key{}).(*Unit)
	if u == nil || u.done {
		return nil
	}
	return u
}

// Doom makes sure that the unit will not commit. The first error stays.
func (u *Unit) Doom(err error) {
	if u.doom == nil {
		u.doom = err
	}
}

// Doomed returns the error that dooms the unit, or nil.
func (u *Unit) Doomed() error { return u.doom }

// Committed ends the unit after its commit: it runs what [OnCommit] registered and returns the error that
// [FailAfterCommit] left. It is for implementations of [UnitOfWork].
func (u *Unit) Committed() error {
	u.done = true
	for _, fn := range u.onCommit {
		fn()
	}
	return u.outcome
}

// Abandon ends the unit after its rollback. It is for implementations of [UnitOfWork].
func (u *Unit) Abandon() { u.done = true }

// FailAfterCommit makes the outermost Do commit and then return err: a refusal whose record must persist, such as
// a failed login that is written to the audit log. It returns nil, so that fn can end with
//
//	return uow.FailAfterCommit(ctx, ErrTokenRevoked)
func FailAfterCommit(ctx context.Context, err error) error {
	u := Current(ctx)
	if u == nil {
		return ErrDone
	}
	if u.outcome == nil {
		u.outcome = err
	}
	return nil
}

// OnCommit runs fn after the commit and before Do returns, on the caller's goroutine. It is for memory that must be
// right before the answer is sent; fn must neither block nor use the database. After a rollback it is not run.
func OnCommit(ctx context.Context, fn func()) {
	if u := Current(ctx); u != nil {
		u.onCommit = append(u.onCommit, fn)
		return
	}
	panic("uow: OnCommit outside a unit of work")
}
