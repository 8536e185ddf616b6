package jobs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river"

	"fasttrack/shared/jobs"
	"fasttrack/shared/uow"
)

// pending is what a unit of work has inserted so far, by kind, in the order of the kinds' first.
type pending struct {
	batches []*batch
}

// batch is a job as River keeps it.
type batch struct {
	kind string

	Items   []json.RawMessage `json:"items"`
	Carried map[string]string `json:"carried,omitempty"` // see [Observer]
}

// Kind implements river.JobArgs.
func (b batch) Kind() string { return b.kind }

// pendingKey finds what is pending in one queue in the context of a unit of work.
type pendingKey struct{ queue *Queue }

// Insert implements jobs.Queue. A kind that nobody handles is an error.
func (q *Queue) Insert(ctx context.Context, args jobs.Args) error {
	p, _ := ctx.Value(pendingKey{q}).(*pending)
	if p == nil || uow.Current(ctx) == nil {
		return uow.ErrDone
	}
	if _, handled := q.handlers[args.Kind()]; !handled {
		return fmt.Errorf("jobs: nobody handles %s", args.Kind())
	}
	encoded, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("jobs: write the args of %s: %w", args.Kind(), err)
	}
	for _, b := range p.batches {
		if b.kind == args.Kind() {
			b.Items = append(b.Items, encoded)
			return nil
		}
	}
	p.batches = append(p.batches, &batch{kind: args.Kind(), Items: []json.RawMessage{encoded}})
	return nil
}

// Begin implements uow.Participant.
func (q *Queue) Begin(ctx context.Context) context.Context {
	return context.WithValue(ctx, pendingKey{q}, &pending{})
}

// BeforeCommit implements uow.Participant: it writes the jobs of the unit of work, by one statement where there are
// such.
func (q *Queue) BeforeCommit(ctx context.Context) error {
	p, _ := ctx.Value(pendingKey{q}).(*pending)
	if p == nil || len(p.batches) == 0 {
		return nil
	}
	tx, err := q.db.Tx(ctx)
	if err != nil {
		return err
	}
	params := make([]river.InsertManyParams, len(p.batches))
	for i, b := range p.batches {
		if q.config.Observer != nil {
			b.Carried = q.config.Observer.Inserting(ctx)
		}
		params[i] = river.InsertManyParams{Args: *b}
	}
	if _, err := q.inserter.InsertManyTx(ctx, tx, params); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

// AfterCommit implements uow.Participant.
func (q *Queue) AfterCommit(context.Context) {}
