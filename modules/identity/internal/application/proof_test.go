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
// by thieves and by mail, with answers that get lost, commits that fail, jobs that are done late and twice, and clocks
// that jump, against the real service on a real database. After every step all that is promised is looked at; see
// proof_check_test.go for what that is.
//
// One interleaving is a random order of about 20 such actions on the account of one user and its sessions. The quick part runs with
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
	var met tally
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
				met.add(&g.tally)
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
	few := tried.Load() < 200
	for v := range met.verdicts { // of a few hundred interleavings some meet each
		require.True(t, few || met.verdicts[v].Load() > 0,
			"no refresh token met the verdict %d: it would not have been a proof", v)
	}
	require.True(t, few || met.resets.Load() > 0 && met.verifications.Load() > 0 && met.deadTokens.Load() > 0,
		"no token out of a mail was used, or none refused: it would not have been a proof")
	t.Logf("%d refresh tokens exchanged, %d repeated, %d expired, %d revoked, %d replayed", met.verdicts[rotates].Load(),
		met.verdicts[repeats].Load(), met.verdicts[expired].Load(), met.verdicts[revoked].Load(), met.verdicts[replayed].Load())
	t.Logf("%d passwords reset and %d addresses confirmed by mail, %d such tokens refused",
		met.resets.Load(), met.verifications.Load(), met.deadTokens.Load())
	t.Logf("%d interleavings of %d actions: no violation", tried.Load(), steps.Load())
}
