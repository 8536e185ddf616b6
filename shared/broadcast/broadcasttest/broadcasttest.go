// Package broadcasttest is the contract of broadcast.Broadcaster as a test: every implementation passes it.
package broadcasttest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/broadcast"
)

const patience = 10 * time.Second

// Test runs the contract. network returns a function that makes nodes, all of them on one network of their own.
func Test(t *testing.T, network func(t *testing.T) (node func() broadcast.Broadcaster)) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, node func() broadcast.Broadcaster){
		"a hint reaches all other nodes and not its own":     reachesTheOthers,
		"a listener hears its topic only":                    hearsItsTopic,
		"topics and keys are any text":                       carriesAnyText,
		"of many hints of one key the greatest number comes": keepsTheGreatest,
		"hints of many keys all come":                        carriesManyKeys,
		"who publishes is never held up":                     neverBlocks,
		"a hint that is too long is lost alone":              losesWhatIsTooLong,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, network(t))
		})
	}
}

// Listener collects what a node hears on a topic.
type Listener struct {
	broadcast.Broadcaster

	t     testing.TB
	mu    sync.Mutex
	heard []broadcast.Hint
	news  chan struct{}
}

// Listen subscribes to the topic and runs the node until the test ends.
func Listen(t testing.TB, node broadcast.Broadcaster, topic string) *Listener {
	t.Helper()
	l := &Listener{Broadcaster: node, t: t, news: make(chan struct{}, 1)}
	node.Subscribe(topic, func(h broadcast.Hint) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, h)
		select {
		case l.news <- struct{}{}:
		default:
		}
	})
	Run(t, node)
	return l
}

// Run runs the node until the test ends, or the function that it returns is called.
func Run(t testing.TB, node broadcast.Broadcaster) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- node.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return stop
}

// Heard returns what has been heard so far.
func (l *Listener) Heard() []broadcast.Hint {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]broadcast.Hint(nil), l.heard...)
}

// Await waits until the condition holds for what has been heard, and calls again now and then meanwhile: hints may be
// lost, at the beginning for one, so who waits for one says it again.
func (l *Listener) Await(holds func(heard []broadcast.Hint) bool, again func()) {
	l.t.Helper()
	deadline := time.After(patience)
	for !holds(l.Heard()) {
		again()
		select {
		case <-l.news:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			l.t.Fatalf("it did not come; heard %v", l.Heard())
		}
	}
}

// has tells whether exactly this hint has been heard.
func has(want broadcast.Hint) func([]broadcast.Hint) bool {
	return func(heard []broadcast.Hint) bool {
		for _, h := range heard {
			if h == want {
				return true
			}
		}
		return false
	}
}

// meet waits until a hears what b says.
func meet(a, b *Listener, topic string) {
	a.t.Helper()
	hello := broadcast.Hint{Topic: topic, Key: "hello"}
	a.Await(has(hello), func() { b.Publish(hello) })
}

func reachesTheOthers(t *testing.T, node func() broadcast.Broadcaster) {
	one, two, three := Listen(t, node(), "feeds"), Listen(t, node(), "feeds"), Listen(t, node(), "feeds")
	hint := broadcast.Hint{Topic: "feeds", Key: "ann", Number: 7}
	publish := func() { one.Publish(hint) }
	two.Await(has(hint), publish)
	three.Await(has(hint), publish)
	meet(one, two, "feeds") // whatever one said has passed by now
	require.NotContains(t, one.Heard(), hint)
}

func hearsItsTopic(t *testing.T, node func() broadcast.Broadcaster) {
	speaker, feeds, access := Listen(t, node(), "none"), Listen(t, node(), "feeds"), Listen(t, node(), "access")
	meet(feeds, speaker, "feeds")
	meet(access, speaker, "access")
	speaker.Publish(broadcast.Hint{Topic: "access", Key: "ann", Number: 1})
	mark := broadcast.Hint{Topic: "feeds", Key: "mark"}
	feeds.Await(has(mark), func() { speaker.Publish(mark) })
	for _, h := range feeds.Heard() {
		require.Equal(t, "feeds", h.Topic)
	}
}

func carriesAnyText(t *testing.T, node func() broadcast.Broadcaster) {
	speaker, listener := Listen(t, node(), "none"), Listen(t, node(), "äöü 'x\"\n")
	for _, key := range []string{"", " ", "a b\tc\nd", `'; "`, "ß€😀", strings.Repeat("ü", broadcast.MaxText/2)} {
		for _, number := range []int64{0, -1, 1<<63 - 1} {
			hint := broadcast.Hint{Topic: "äöü 'x\"\n", Key: key, Number: number}
			listener.Await(has(hint), func() { speaker.Publish(hint) })
		}
	}
}

func keepsTheGreatest(t *testing.T, node func() broadcast.Broadcaster) {
	speaker, listener := Listen(t, node(), "none"), Listen(t, node(), "feeds")
	meet(listener, speaker, "feeds")
	const last = 5000
	for n := range int64(last + 1) {
		speaker.Publish(broadcast.Hint{Topic: "feeds", Key: "ann", Number: n})
	}
	listener.Await(has(broadcast.Hint{Topic: "feeds", Key: "ann", Number: last}), func() {})
	t.Logf("%d hints came of %d", len(listener.Heard()), last+1)
}

func carriesManyKeys(t *testing.T, node func() broadcast.Broadcaster) {
	speaker, listener := Listen(t, node(), "none"), Listen(t, node(), "feeds")
	meet(listener, speaker, "feeds")
	const keys = 2000
	for n := range keys {
		speaker.Publish(broadcast.Hint{Topic: "feeds", Key: fmt.Sprintf("key %d", n), Number: int64(n)})
	}
	listener.Await(func(heard []broadcast.Hint) bool {
		different := map[string]bool{}
		for _, h := range heard {
			different[h.Key] = true
		}
		return len(different) == keys+1 // and the greeting
	}, func() {})
}

func neverBlocks(t *testing.T, node func() broadcast.Broadcaster) {
	busy, speaker := node(), node()
	release := make(chan struct{})
	busy.Subscribe("feeds", func(broadcast.Hint) { <-release })
	flood := func() {
		for n := range 3 * broadcast.MaxWaiting {
			speaker.Publish(broadcast.Hint{Topic: "feeds", Key: fmt.Sprint(n)})
		}
	}
	flood() // before it runs
	stopBusy, stop := Run(t, busy), Run(t, speaker)
	flood() // to somebody who does not listen
	stop()
	flood() // after it has run
	close(release)
	stopBusy()
}

func losesWhatIsTooLong(t *testing.T, node func() broadcast.Broadcaster) {
	speaker, listener := Listen(t, node(), "none"), Listen(t, node(), "feeds")
	meet(listener, speaker, "feeds")
	speaker.Publish(broadcast.Hint{Topic: "feeds", Key: strings.Repeat("x", broadcast.MaxText+1)})
	mark := broadcast.Hint{Topic: "feeds", Key: "mark"}
	listener.Await(has(mark), func() { speaker.Publish(mark) })
	for _, h := range listener.Heard() {
		require.LessOrEqual(t, len(h.Key), broadcast.MaxText)
	}
}
