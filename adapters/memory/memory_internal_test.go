package memory

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const mib = 1 << 20

func TestItIsTimeWhenABurstIsOver(t *testing.T) {
	t.Parallel()
	type look struct {
		allocated, live, goal uint64 // MiB
		want                  bool
	}
	for name, looks := range map[string][]look{
		"a burst that is over, once": {{30, 20, 44, false}, {31, 20, 44, true}, {31, 15, 34, false}, {32, 15, 34, false}},
		"one that goes on":           {{30, 20, 44, false}, {60, 20, 44, false}, {90, 20, 44, false}, {90, 20, 44, true}},
		"a little now and then":      {{2, 20, 44, false}, {4, 20, 44, false}, {6, 20, 44, false}, {8, 20, 44, true}, {10, 20, 44, false}},
		"a little more":              {{3, 20, 44, false}, {6, 20, 44, false}, {9, 20, 44, false}, {12, 20, 44, false}},
		"little of much":             {{40, 200, 500, false}, {40, 200, 500, false}, {49, 200, 500, false}, {50, 200, 500, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper()
			for i, l := range looks {
				require.Equal(t, l.want, k.isTime(heap{l.allocated * mib, l.live * mib, l.goal * mib}), "look %d", i)
			}
		})
	}
}

// TestWhatABurstTookIsGivenBack: on the real heap. Nothing else runs in this process.
func TestWhatABurstTookIsGivenBack(t *testing.T) { //nolint:paralleltest // it wants the heap for itself
	burst := make([][]byte, 64)
	for i := range burst {
		burst[i] = make([]byte, mib)
	}
	runtime.GC() // for which all of it was in use
	runtime.KeepAlive(burst)
	given := released()

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, time.Millisecond) }()
	require.Eventually(t, func() bool { return released() >= given+48*mib }, 30*time.Second, 10*time.Millisecond)
	stop()
	require.NoError(t, <-ended)
}

func released() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapReleased
}
