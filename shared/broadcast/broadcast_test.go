package broadcast_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/shared/broadcast"
	"fasttrack/shared/broadcast/broadcasttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLocalKeepsTheContract(t *testing.T) {
	t.Parallel()
	broadcasttest.Test(t, func(*testing.T) func() broadcast.Broadcaster { return broadcast.NewLocal().Join })
}

func TestANodeThatIsAloneSpeaksToNobody(t *testing.T) {
	t.Parallel()
	alone := broadcasttest.Listen(t, broadcast.Alone(), "feeds")
	alone.Publish(broadcast.Hint{Topic: "feeds"})
	require.Empty(t, alone.Heard())
}

func TestTheOutboxKeepsOneHintPerKeyAndItsGreatestNumber(t *testing.T) {
	t.Parallel()
	o := broadcast.NewOutbox()
	for _, h := range []broadcast.Hint{{"a", "x", 1}, {"b", "x", 5}, {"a", "y", 2}, {"a", "x", 3}, {"a", "x", 2}} {
		o.Put(h)
	}
	<-o.Waiting()
	require.Equal(t, []broadcast.Hint{{"a", "x", 3}, {"b", "x", 5}}, o.Take(2), "oldest first")
	<-o.Waiting()
	require.Equal(t, []broadcast.Hint{{"a", "y", 2}}, o.Take(2))
	require.Empty(t, o.Take(2))
	require.Empty(t, o.Waiting())
}

func TestTheOutboxIsBounded(t *testing.T) {
	t.Parallel()
	o := broadcast.NewOutbox()
	for n := range 2 * broadcast.MaxWaiting {
		o.Put(broadcast.Hint{Topic: "a", Key: fmt.Sprint(n)})
	}
	o.Put(broadcast.Hint{Topic: "a", Key: "0", Number: 9})
	taken := o.Take(3 * broadcast.MaxWaiting)
	require.Len(t, taken, broadcast.MaxWaiting)
	require.EqualValues(t, 9, taken[0].Number, "what waits already is still merged")
}
