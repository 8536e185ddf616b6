package application

import (
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/adapters/database/dbtest"
)

// The proof of the sessions: random interleavings of everything that one can do to them, by clients that behave and
// by thieves, with answers that get lost, commits that fail and clocks that jump, against the real service on a real
// database. After every step all that is promised is looked at; see proof_check_test.go for what that is.
//
// One interleaving is a random order of about 20 such actions on the sessions of one user. The quick part runs with
// the suite; make prove runs the whole.
var (
	interleavings = flag.Int("interleavings", 300, "how many random interleavings of sign-in to try")
	averageSteps  = "20"
)

func TestNoInterleavingBreaksASession(t *testing.T) {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if dbtest.Race && !given["interleavings"] {
		*interleavings /= 10
	}
	shards := min(runtime.GOMAXPROCS(0), *interleavings)
	switch {
	case given["rapid.seed"], given["rapid.failfile"]:
		shards = 1 // one is being repeated
	case !given["rapid.checks"]:
		each := (*interleavings + shards - 1) / shards
		require.NoError(t, flag.Set("rapid.checks", strconv.Itoa(each)))
	}
	if !given["rapid.steps"] {
		require.NoError(t, flag.Set("rapid.steps", averageSteps))
	}
	var tried, steps atomic.Int64
	var verdicts [replayed + 1]atomic.Int64
	t.Run("sqlite", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprintf("shard %d", shard+1), func(t *testing.T) {
				t.Parallel()
				g := newGround(t, dbtest.SQLite(t))
				rapid.Check(t, func(rt *rapid.T) {
					h := g.begin(rt)
					rt.Repeat(h.actions())
					h.finish(rt)
					tried.Add(1)
					steps.Add(int64(h.steps))
				})
				for v := range verdicts {
					verdicts[v].Add(g.verdicts[v].Load())
				}
			})
		}
	})
	if t.Failed() {
		t.Logf("a violation after %d interleavings", tried.Load())
		return
	}
	if !testing.Short() && (shards > 1 || !given["rapid.seed"] && !given["rapid.failfile"]) { // rapid does less in short runs
		require.GreaterOrEqual(t, tried.Load(), int64(*interleavings), "time was too short")
	}
	for v := range verdicts { // of a few hundred interleavings some meet each
		require.True(t, *interleavings < 200 || verdicts[v].Load() > 0,
			"no refresh token met the verdict %d: it would not have been a proof", v)
	}
	t.Logf("%d refresh tokens exchanged, %d repeated, %d expired, %d revoked, %d replayed", verdicts[rotates].Load(),
		verdicts[repeats].Load(), verdicts[expired].Load(), verdicts[revoked].Load(), verdicts[replayed].Load())
	t.Logf("%d interleavings of %d actions: no violation", tried.Load(), steps.Load())
}
