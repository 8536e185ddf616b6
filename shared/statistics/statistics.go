// Package statistics is how much there is of what operators want to know: users, projects, notifications.
package statistics

import "context"

// Count is how many things of a kind there are in a state.
type Count struct {
	Things string // in the plural, as part of a metric's name: "users"
	State  string // one of few; empty where they have none
	Value  int64
}

// Keeper has things counted now and then, by one node for all.
type Keeper interface {
	// Keep has count called. What it returns is of the same things and states every time, and takes a second or two on
	// a large database; nothing depends on it. All keepers are known before the program runs.
	Keep(count func(ctx context.Context) ([]Count, error))
}
