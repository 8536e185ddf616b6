// Package statistics keeps how much there is of things (shared/statistics) in the database, where every node finds it.
//
// Counting may read whole tables, so it is a job that one node does now and then. What it found is in one small table,
// which metrics and the command line read.
package statistics

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/shared/clock"
	"fasttrack/shared/jobs"
	"fasttrack/shared/statistics"
)

// Every is how often things are counted.
const Every = 10 * time.Minute

// Keeper is a statistics.Keeper.
type Keeper struct {
	db     *database.DB
	now    clock.Clock
	counts []func(context.Context) ([]statistics.Count, error)
}

var _ statistics.Keeper = (*Keeper)(nil)

// New returns a keeper, and has it do its job.
func New(db *database.DB, queue jobs.Queue, now clock.Clock) *Keeper {
	k := &Keeper{db: db, now: now}
	queue.Every("statistics.count", Every, k.count)
	return k
}

// Keep implements statistics.Keeper.
func (k *Keeper) Keep(count func(context.Context) ([]statistics.Count, error)) {
	k.counts = append(k.counts, count)
}

// row is a count as the table statistics has it.
type row struct {
	Things    string
	State     string
	Value     int64
	CountedAt time.Time
}

// count counts everything, and keeps what could be counted. Done twice it says the same.
func (k *Keeper) count(ctx context.Context) error {
	at := k.now()
	var rows []row
	var failures error
	for _, count := range k.counts {
		counted, err := count(ctx)
		failures = errors.Join(failures, err)
		for _, c := range counted {
			rows = append(rows, row{c.Things, c.State, c.Value, at})
		}
	}
	// In one order, so that two nodes that are at it do not wait for each other in a circle.
	slices.SortFunc(rows, func(a, b row) int { return slices.Compare([]string{a.Things, a.State}, []string{b.Things, b.State}) })
	err := k.db.Do(ctx, func(ctx context.Context) error {
		for _, r := range rows {
			err := k.db.Conn(ctx).Exec(`INSERT INTO statistics (things, state, value, counted_at) VALUES (?, ?, ?, ?)
				ON CONFLICT (things, state) DO UPDATE SET value = excluded.value, counted_at = excluded.counted_at`,
				r.Things, r.State, r.Value, r.CountedAt).Error
			if err != nil {
				return fmt.Errorf("keep how many %s there are: %w", r.Things, err)
			}
		}
		return nil
	})
	return errors.Join(failures, err)
}

// Kept is what was counted last.
type Kept struct {
	Counts    []statistics.Count // by their things
	CountedAt time.Time          // the oldest of them; zero: nothing has been counted yet
}

// Read returns what was counted last, by whichever node. What no module of today counts is left out once it is a day
// older than the rest.
func Read(ctx context.Context, db *database.DB) (kept Kept, err error) {
	var rows []row
	err = db.Conn(ctx).Raw(`SELECT things, state, value, counted_at FROM statistics ORDER BY things, state`).Scan(&rows).Error
	if err != nil {
		return kept, fmt.Errorf("read what was counted: %w", err)
	}
	var newest time.Time
	for _, r := range rows {
		if r.CountedAt.After(newest) {
			newest = r.CountedAt
		}
	}
	for _, r := range rows {
		if newest.Sub(r.CountedAt) > 24*time.Hour {
			continue
		}
		kept.Counts = append(kept.Counts, statistics.Count{Things: r.Things, State: r.State, Value: r.Value})
		if kept.CountedAt.IsZero() || r.CountedAt.Before(kept.CountedAt) {
			kept.CountedAt = r.CountedAt
		}
	}
	return kept, nil
}
