// Package memory gives back to the system what the program has no use for any more.
//
// Go's collector runs when the heap has doubled, and counts stacks as if they were a part of it. So what a burst took
// (ten thousand sockets that were opened, the OpenAPI document that was made) stays resident for minutes when nothing
// comes after it. [Run] has it collected once it is calm, and leaves a program that is at work alone.
package memory

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// Interval is how often it is looked whether something is to be given back. A look takes microseconds.
	Interval = 5 * time.Second
	// At least so much, and at least a quarter of what is in use, must have been allocated since the last time.
	leastBurst = 8 << 20
	// It is calm when the collector would not come by itself within so many intervals, which is a minute.
	looksAhead = 12
)

// Run gives back what a burst took, once it is over, until ctx is done. It looks once per interval.
func Run(ctx context.Context, interval time.Duration) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	k := newKeeper()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if k.isTime(readHeap(k.samples)) {
			debug.FreeOSMemory()
		}
	}
}

// keeper knows how much has been allocated since memory was given back.
type keeper struct {
	samples  []metrics.Sample
	returned uint64 // what had been allocated when memory was given back
	looked   uint64 // what had been allocated at the last look
}

func newKeeper() *keeper {
	return &keeper{samples: []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"},
	}}
}

// heap is what is known of it, in bytes.
type heap struct {
	allocated uint64 // ever
	live      uint64 // what the last collection has left
	goal      uint64 // at which the next one comes
}

// readHeap stops nothing for what it reads.
func readHeap(samples []metrics.Sample) heap {
	metrics.Read(samples)
	return heap{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64()}
}

// isTime reports whether there was a burst and it is over. If so, it takes it for dealt with.
func (k *keeper) isTime(h heap) bool {
	burst, late := h.allocated-k.returned, h.allocated-k.looked
	k.looked = h.allocated
	if burst < max(leastBurst, h.live/4) || late*looksAhead > h.goal-min(h.live, h.goal) {
		return false
	}
	k.returned = h.allocated
	return true
}
