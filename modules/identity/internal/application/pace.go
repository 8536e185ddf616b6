package application

import (
	"context"
	"sync"
	"time"

	"fasttrack/modules/identity/internal/ports"
)

const (
	// refusalWork is for how long a refused login works at the password, as it seems from outside. It is several times
	// what the most costly hash takes, so that it is enough on a busy machine as well.
	refusalWork = 2 * time.Second
	// schemesKnownFor is how long it is taken for true whether there are hashes of other schemes.
	schemesKnownFor = time.Minute
)

// A pace makes refused logins take one time. A password is compared with the account's hash, or, where there is no
// account, with one of the current scheme. A hash of another scheme, from before the parameters changed or from where the
// account was brought along from, takes another time, by which the account could be told from one that does not exist. So
// while there is such a hash, every refused login takes as much more as is missing from refusalWork: what is seen is that
// and the wait for a turn, which is everybody's. While it waits it holds no slot of the hasher, no connection and no lock.
// Once there are none left it costs nothing but to look that up now and then.
type pace struct {
	users   ports.Users
	scheme  string // that of new hashes
	elapsed func() time.Duration
	pause   func(ctx context.Context, d time.Duration) error

	mu     sync.Mutex
	mixed  bool          // there are hashes of other schemes
	lookAt time.Duration // when that is to be looked up again
}

func newPace(p Parts) *pace {
	pause := p.Pause
	if pause == nil {
		pause = waitFor
	}
	return &pace{users: p.Users, scheme: p.Passwords.Scheme(), elapsed: p.Elapsed, pause: pause}
}

// even waits as long as a login that worked at the password for this long and is to be refused has to. It fails with the
// error of ctx if that ends first.
func (p *pace) even(ctx context.Context, worked time.Duration) error {
	if worked >= refusalWork || !p.isMixed(ctx) {
		return nil
	}
	return p.pause(ctx, refusalWork-worked)
}

// isMixed reports whether there are hashes of other schemes. When that cannot be known it is taken for so.
func (p *pace) isMixed(ctx context.Context) bool {
	p.mu.Lock()
	now, mixed, lookAt := p.elapsed(), p.mixed, p.lookAt
	p.mu.Unlock()
	if now < lookAt {
		return mixed
	}
	mixed, err := p.users.HasOtherSchemes(ctx, p.scheme) // without the lock: the database may be slow
	if err != nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mixed, p.lookAt = mixed, now+schemesKnownFor
	return mixed
}

func waitFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
