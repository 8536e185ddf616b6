package jwttoken

import (
	"strings"
	"sync"
	"time"

	"fasttrack/shared/auth"
)

// Who uses the API sends the same token many times a second, and to verify it is a quarter of what a small read costs.
const (
	recentFor  = time.Second // also how long a key that was withdrawn may still be believed
	mostRecent = 4096
)

// recent remembers which access tokens were in order a moment ago. That is all it says: whether the session is alive is
// asked for each request.
type recent struct {
	mu     sync.RWMutex
	tokens map[string]verified
}

type verified struct {
	principal auth.Principal
	at        time.Time
}

func (r *recent) find(token string, now time.Time) (auth.Principal, bool) {
	r.mu.RLock()
	v, ok := r.tokens[token]
	r.mu.RUnlock()
	age := now.Sub(v.at)
	return v.principal, ok && age >= 0 && age < recentFor && now.Before(v.principal.ExpiresAt)
}

func (r *recent) keep(token string, p auth.Principal, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tokens == nil || len(r.tokens) >= mostRecent {
		r.tokens = make(map[string]verified)
	}
	r.tokens[strings.Clone(token)] = verified{p, now} // a clone, or it would keep all headers of its request
}
