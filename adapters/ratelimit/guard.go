package ratelimit

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// Default is the name of the budget of whatever has none of its own.
const Default = "default"

// Config says what is limited.
type Config struct {
	// Budgets, one of which is [Default]. An operation has the one that it names.
	Budgets []Budget
	// Observe is told of each decision. It must return quickly.
	Observe func(budget string, allowed bool)
}

// Limiter applies budgets to requests.
type Limiter struct {
	store   Store
	byName  map[string]*policy
	observe func(budget string, allowed bool)
}

// policy is a budget with those of its headers that are always the same.
type policy struct {
	Budget

	shown, limit []string
	quoted       string // its name in headers
}

// New returns a limiter. It panics when there is no default budget.
func New(store Store, c Config) *Limiter {
	l := &Limiter{store: store, byName: map[string]*policy{}, observe: c.Observe}
	for _, b := range c.Budgets {
		quoted := strconv.Quote(b.Name)
		l.byName[b.Name] = &policy{
			Budget: b, quoted: quoted, limit: []string{strconv.Itoa(b.Count)},
			shown: []string{fmt.Sprintf("%s;q=%d;w=%d", quoted, b.Count, seconds(b.Window))},
		}
	}
	if l.byName[Default] == nil {
		panic("ratelimit: there is no default budget")
	}
	return l
}

var errTooMany = errs.New(errs.RateLimited, errs.CodeRateLimited, "too many requests; see Retry-After for when to try again")

// Guard is the limiter as a httpserver.Guard. The budget is that of the user, or of the address where nobody is known.
func (l *Limiter) Guard(w http.ResponseWriter, r *http.Request, op httpserver.Operation) error {
	ctx := r.Context()
	p := l.policy(op)
	d := l.store.Take(ctx, p.Budget, subjectOf(ctx))
	d.Reset -= time.Microsecond // the moment between two intervals: an answer takes longer to arrive
	p.show(w.Header(), d)
	if l.observe != nil {
		l.observe(p.Name, d.Allowed)
	}
	if !d.Allowed {
		return errTooMany.WithRetryAfter(d.Reset)
	}
	return nil
}

// subjectOf is the user, or the address where nobody is known.
func subjectOf(ctx context.Context) Subject {
	if principal, known := auth.From(ctx); known {
		return User(principal.UserID)
	}
	return Address(httpserver.ClientIP(ctx))
}

func (l *Limiter) policy(op httpserver.Operation) *policy {
	if p := l.byName[op.Budget]; p != nil {
		return p
	}
	return l.byName[Default]
}

// show writes the headers: those of draft-ietf-httpapi-ratelimit-headers (RateLimit-Policy and RateLimit), and the older
// ones that many clients know. Times are seconds from now until one more request is possible.
func (p *policy) show(h http.Header, d Decision) {
	remaining, reset := strconv.Itoa(d.Remaining), strconv.Itoa(seconds(d.Reset))
	values := []string{p.quoted + ";r=" + remaining + ";t=" + reset, remaining, reset}
	h["Ratelimit-Policy"] = p.shown
	h["Ratelimit"] = values[0:1:1]
	h["X-Ratelimit-Limit"] = p.limit
	h["X-Ratelimit-Remaining"] = values[1:2:2]
	h["X-Ratelimit-Reset"] = values[2:3:3]
}

// seconds are whole ones, rounded up: who waits for them has waited long enough.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
