package moduletest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"fasttrack/shared/eventbus"
)

// shuffleSeed is the environment variable that repeats a random order of handlers.
const shuffleSeed = "TEST_SHUFFLE_SEED"

// Shuffle runs the handlers of one event in a random order. Its seed is in the log of the test, which is shown when the
// test fails: TEST_SHUFFLE_SEED, set to it, has every bus draw the same random numbers again. The test is then repeated
// exactly as long as it publishes from one goroutine at a time.
func Shuffle(t testing.TB) eventbus.Option {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(shuffleSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Errorf("%s: %v", shuffleSeed, err) // not Fatalf: programs are also started by goroutines of a test
		}
	}
	t.Logf("the order of handlers is repeated by %s=%d", shuffleSeed, seed)
	return eventbus.WithShuffle(rand.New(rand.NewPCG(seed, seed)))
}
