package redistest

import (
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/nettest"
)

// Wire is a way to Redis that can be cut.
type Wire struct {
	*nettest.Wire

	URL string // of Redis, through the wire
}

// NewWire returns a wire to the Redis at a URL, which ends with the test.
func NewWire(t testing.TB, url string) *Wire {
	t.Helper()
	options, err := goredis.ParseURL(url)
	require.NoError(t, err)
	w := nettest.NewWire(t, options.Addr, nil)
	return &Wire{w, strings.Replace(url, options.Addr, w.Address, 1)}
}
