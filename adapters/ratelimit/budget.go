// Package ratelimit bounds how many requests a user, or an address, may send.
//
// A budget is a true sliding window: in any interval of the window's length, wherever it begins, no more requests are let
// through than the budget has. For that the moment of each request is kept until its window has passed; requests that
// are refused cost nothing. [Memory] keeps them in the process, [Redis] in one place for all nodes. Both pass one
// contract.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"fasttrack/shared/ids"
)

// Rate is a count of requests and the window in which so many may come. Its text is count/window, as in 600/1m.
type Rate struct {
	Count  int           // 1 to MaxCount
	Window time.Duration // whole seconds, up to MaxWindow
}

// The largest rate: each request in a window costs eight bytes of memory.
const (
	MaxCount  = 100_000
	MaxWindow = 24 * time.Hour
)

// UnmarshalText reads count/window.
func (r *Rate) UnmarshalText(text []byte) error {
	count, window, _ := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 || n > MaxCount {
		return fmt.Errorf("the count must be between 1 and %d", MaxCount)
	}
	d, err := time.ParseDuration(strings.TrimSpace(window))
	if err != nil || d < time.Second || d > MaxWindow || d%time.Second != 0 {
		return errors.New("the window must be between 1s and 24h, in whole seconds")
	}
	*r = Rate{n, d}
	return nil
}

// MarshalText writes count/window.
func (r Rate) MarshalText() ([]byte, error) {
	window := r.Window.String()
	for _, zero := range []string{"m0s", "h0m"} { // 1h0m0s is 1h
		if strings.HasSuffix(window, zero) {
			window = window[:len(window)-2]
		}
	}
	return fmt.Appendf(nil, "%d/%s", r.Count, window), nil
}

// Budget is a rate under a name. Each name is counted apart.
type Budget struct {
	Name string
	Rate
}

// Subject is who spends a budget. It is comparable.
type Subject [17]byte

// User is the subject of somebody who is known.
func User(id ids.ID) Subject {
	var s Subject
	s[0] = 'u'
	copy(s[1:], id[:])
	return s
}

// Address is the subject of somebody who is not known. Of an IPv6 address the first 64 bits count: whoever has one has
// all that begin with them. What is no address is one subject.
func Address(text string) Subject {
	var s Subject
	s[0] = 'a'
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return s
	}
	if addr = addr.Unmap(); addr.Is6() {
		prefix, _ := addr.WithZone("").Prefix(64) // 64 bits always can be taken
		addr = prefix.Addr()
	}
	bytes := addr.As16()
	copy(s[1:], bytes[:])
	return s
}

// Decision is what became of a request.
type Decision struct {
	Allowed   bool
	Remaining int           // how many more would be let through now
	Reset     time.Duration // until one more would be: of a request that is refused, when it would not be
}

// Store keeps what has been spent. It is safe for concurrent use.
type Store interface {
	// Take spends one of a subject's budget, unless it is used up. It always decides, and soon: where what has been
	// spent cannot be known, in favour of the request.
	Take(ctx context.Context, budget Budget, subject Subject) Decision
}
