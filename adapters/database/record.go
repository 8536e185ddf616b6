package database

import (
	"context"
	"database/sql/driver"
	"slices"
	"sync"
	"sync/atomic"
)

// Recording collects every statement that runs on a database, whoever issues it: stores, jobs, pollers. BEGIN, COMMIT
// and ROLLBACK are left out. It is for tests that count statements, or ask how they would be carried out.
type Recording struct {
	recorder   *recorder
	mu         sync.Mutex
	statements []Recorded
}

// Recorded is a statement as its driver got it.
type Recorded struct {
	Text string
	Args []any
}

// Record starts to collect; it replaces a recording that is still going on. While none is, a statement pays for it
// with the load of one pointer.
func (db *DB) Record() *Recording {
	r := &Recording{recorder: db.recorder}
	db.recorder.current.Store(r)
	return r
}

// Stop ends the recording.
func (r *Recording) Stop() { r.recorder.current.CompareAndSwap(r, nil) }

// Statements returns the text of what was collected so far, in order.
func (r *Recording) Statements() []string {
	recorded := r.Recorded()
	texts := make([]string, len(recorded))
	for i, s := range recorded {
		texts[i] = s.Text
	}
	return texts
}

// Recorded returns what was collected so far, in order.
func (r *Recording) Recorded() []Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.statements)
}

// Count returns the number of statements collected so far.
func (r *Recording) Count() int { return len(r.Statements()) }

// Reset forgets what was collected so far.
func (r *Recording) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = nil
}

// recorder is told of each statement by the drivers.
type recorder struct {
	current  atomic.Pointer[Recording]
	observer atomic.Pointer[func(context.Context, Statement)]
}

func (r *recorder) record(query string, args []any) {
	current := r.current.Load()
	if current == nil || isTransactionControl(query) {
		return
	}
	current.mu.Lock()
	defer current.mu.Unlock()
	current.statements = append(current.statements, Recorded{query, slices.Clone(args)})
}

// recordNamed is record for arguments of database/sql.
func (r *recorder) recordNamed(query string, args []driver.NamedValue) {
	if r.current.Load() == nil {
		return
	}
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.Value
	}
	r.record(query, values)
}
