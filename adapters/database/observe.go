package database

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Statement is one that has ended, whoever issued it; those that begin and end transactions are left out.
type Statement struct {
	Verb  string // select, insert, update, delete, with, or other
	SQL   string // the text with placeholders: no values
	Began time.Time
	Took  time.Duration
	Err   error
}

// Observe has a function told of each statement, under the context that the statement ran under. It must return
// quickly, be safe for concurrent use, and be set before anything runs; there is one. Without it a statement pays
// nothing.
func (db *DB) Observe(observer func(context.Context, Statement)) {
	db.recorder.observer.Store(&observer)
}

// verbs are those that are told apart: a label has few values.
var verbs = []string{"select", "insert", "update", "delete", "with"}

func verbOf(query string) string {
	query = strings.TrimLeft(query, " \t\r\n(")
	for _, verb := range verbs {
		if len(query) >= len(verb) && strings.EqualFold(query[:len(verb)], verb) {
			return verb
		}
	}
	return "other"
}

// began returns when a statement begins, zero if nobody wants to know.
func (r *recorder) began() time.Time {
	if r.observer.Load() == nil {
		return time.Time{}
	}
	return time.Now()
}

// ended tells of a statement that has begun then.
func (r *recorder) ended(ctx context.Context, query string, began time.Time, err error) {
	observer := r.observer.Load()
	if observer == nil || began.IsZero() || isTransactionControl(query) {
		return
	}
	(*observer)(ctx, Statement{Verb: verbOf(query), SQL: query, Began: began, Took: time.Since(began), Err: err})
}

type beganKey struct{}

type begun struct {
	query string
	at    time.Time
}

// TraceQueryStart makes the recorder a tracer of pgx.
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.record(data.SQL, data.Args)
	if at := r.began(); !at.IsZero() {
		return context.WithValue(ctx, beganKey{}, begun{data.SQL, at})
	}
	return ctx
}

// TraceQueryEnd is the other half of a tracer.
func (r *recorder) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if b, ok := ctx.Value(beganKey{}).(begun); ok {
		r.ended(ctx, b.query, b.at, data.Err)
	}
}

// PoolState is how a database's connections are used.
type PoolState struct {
	Acquired, Idle, Max int
	Waited              int64         // how often a connection had to be waited for
	WaitedFor           time.Duration // all in all
}

// waits counts how often something had to be waited for, and how long.
type waits struct{ count, nanoseconds atomic.Int64 }

// begin begins a wait, and returns what ends it.
func (w *waits) begin() (end func()) {
	began := time.Now()
	return func() {
		w.count.Add(1)
		w.nanoseconds.Add(int64(time.Since(began)))
	}
}

// PoolState returns that of the connections which write and those which read. On PostgreSQL they are the same.
func (db *DB) PoolState() map[string]PoolState {
	if db.pool != nil {
		s := db.pool.Stat()
		return map[string]PoolState{"all": {
			Acquired: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Max: int(s.MaxConns()),
			Waited: s.EmptyAcquireCount(), WaitedFor: s.EmptyAcquireWaitTime(),
		}}
	}
	states := map[string]PoolState{}
	for name, pool := range db.sqlitePools {
		s := pool.pool.Stat()
		states[name] = PoolState{
			Acquired: int(s.AcquiredResources()), Idle: int(s.IdleResources()), Max: int(s.MaxResources()),
			Waited: s.EmptyAcquireCount(), WaitedFor: s.EmptyAcquireWaitTime(),
		}
	}
	writing := states[writePool]
	writing.Waited += db.batches.waits.count.Load()
	writing.WaitedFor += time.Duration(db.batches.waits.nanoseconds.Load())
	states[writePool] = writing
	return states
}
