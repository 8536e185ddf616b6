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
	// leastBurst is what must have been allocated since the last time, and a quarter of what is in use.
	leastBurst = 8 << 20
	// calmShare is which part of that may have been allocated since the last look: so there are as many looks between one
	// time and the next, and the collector alone would have taken longer.
	calmShare = 4
)

// Run gives back what a burst took, once it is over, until ctx is done. It looks so often.
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
		if k.isTime(k.read()) {
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
	return &keeper{samples: []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}}
}

// read returns how many bytes have ever been allocated, and how many the last collection has left. Nothing is stopped for
// that.
func (k *keeper) read() (allocated, live uint64) {
	metrics.Read(k.samples)
	return k.samples[0].Value.Uint64(), k.samples[1].Value.Uint64()
}

// isTime reports whether there was a burst and it is over. If so, it takes it for dealt with.
func (k *keeper) isTime(allocated, live uint64) bool {
	burst, late := allocated-k.returned, allocated-k.looked
	k.looked = allocated
	wanted := max(leastBurst, live/4)
	if burst < wanted || late > wanted/calmShare {
		return false
	}
	k.returned = allocated
	return true
}
