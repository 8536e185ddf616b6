package broadcast

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

const (
	pingEvery  = 5 * time.Second        // how often a connection that is silent is asked whether it is there
	answerIn   = 5 * time.Second        // how long it has for any answer
	sendEvery  = 5 * time.Millisecond   // what comes meanwhile goes out together
	firstPause = 100 * time.Millisecond // before a connection is made again; it doubles
	lastPause  = 5 * time.Second
)

// keep calls use, which connects, until ctx is done: again and again, since use ends when its connection does. use calls
// works when that has shown to be usable.
func keep(ctx context.Context, log *slog.Logger, what string, use func(ctx context.Context, works func()) error) {
	pause, failing := firstPause, false
	works := func() {
		if failing {
			log.InfoContext(ctx, "can "+what+" again")
		}
		pause, failing = firstPause, false
	}
	for {
		err := use(ctx, works)
		if ctx.Err() != nil {
			return
		}
		if !failing {
			log.WarnContext(ctx, "cannot "+what+" at once; they look for themselves meanwhile", "error", err)
		}
		failing = true
		select {
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // jitter, so that nodes do not come all at once
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, lastPause)
	}
}
