package application

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Throttle slows guesses at passwords down. What it bounds are the answers: a password that was checked is answered
// only after the account's counters were asked once more, and failures are counted one after the other. So a hundred
// guesses at once are told no more than a hundred in a row. The nil Throttle lets everything through.
type Throttle struct {
	work    uow.UnitOfWork
	guesses ports.Guesses
	key     []byte
}

// NewThrottle returns a throttle. Under the key the names of accounts become what is kept of them.
func NewThrottle(work uow.UnitOfWork, guesses ports.Guesses, key []byte) *Throttle {
	return &Throttle{work, guesses, key}
}

// guess is one attempt at a password.
type guess struct {
	key  domain.GuessKey
	user ids.ID // whose networks are known; zero: nobody's
}

// atLogin is a guess at the password of whoever has this address; user is the zero id if nobody has.
func (t *Throttle) atLogin(email string, user ids.ID, device domain.Device) guess {
	return t.guess("login", domain.AccountName(email), user, device)
}

// byUser is a guess at the password of the account that is logged in.
func (t *Throttle) byUser(user ids.ID, device domain.Device) guess {
	return t.guess("user", user.String(), user, device)
}

func (t *Throttle) guess(kind, name string, user ids.ID, device domain.Device) guess {
	if t == nil {
		return guess{}
	}
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(kind + "\x00" + name))
	return guess{domain.GuessKey{Account: mac.Sum(nil), Network: domain.Network(device.IP)}, user}
}

// check fails with domain.ErrThrottled while no guess is let through. It comes before the password is checked.
func (t *Throttle) check(ctx context.Context, g guess) error {
	if t == nil {
		return nil
	}
	_, err := t.look(ctx, g)
	return err
}

func (t *Throttle) look(ctx context.Context, g guess) (domain.Guesses, error) {
	guesses, now, err := t.guesses.Look(ctx, g.key)
	if err != nil {
		return guesses, err
	}
	return guesses, t.admit(ctx, g, guesses, now)
}

// wrong counts a failure, in the unit of work that ctx carries. It fails with domain.ErrThrottled, and counts nothing,
// if the guess is not let through any more: then the answer must not tell that it was wrong.
func (t *Throttle) wrong(ctx context.Context, g guess) error {
	if t == nil || g.key.Account == nil {
		return nil
	}
	guesses, now, err := t.guesses.Lock(ctx, g.key)
	if err != nil {
		return err
	}
	if err := t.admit(ctx, g, guesses, now); err != nil {
		return err
	}
	return t.guesses.Keep(ctx, g.key, guesses.Fail(now))
}

// right forgets the failures from the network of a right guess. It fails with domain.ErrThrottled if the guess is not
// let through any more: then the answer must not tell that it was right.
func (t *Throttle) right(ctx context.Context, g guess) error {
	if t == nil {
		return nil
	}
	guesses, err := t.look(ctx, g)
	if err != nil || guesses.Failures == 0 {
		return err
	}
	return t.work.Do(ctx, func(ctx context.Context) error { return t.guesses.Clear(ctx, g.key) })
}

// admit decides about a guess. Those from a network that the user has logged in from are not held up by what others do
// elsewhere: so nobody can lock owners out of their home. Who they are is asked for unknown accounts as well, since that
// takes time.
func (t *Throttle) admit(ctx context.Context, g guess, guesses domain.Guesses, now time.Time) error {
	wait := guesses.FromHere(now)
	if everywhere := guesses.FromAnywhere(now); everywhere > wait {
		known, err := t.guesses.Networks(ctx, g.user)
		if err != nil {
			return err
		}
		if !slices.Contains(known, g.key.Network) {
			wait = everywhere
		}
	}
	if wait > 0 {
		return domain.ErrThrottled.WithRetryAfter(wait)
	}
	return nil
}

// forget forgets every failure of an account, in the unit of work that ctx carries: its password is another one now.
func (t *Throttle) forget(ctx context.Context, u domain.UserState) error {
	if t == nil {
		return nil
	}
	for _, g := range []guess{
		t.atLogin(u.Email.String(), u.ID, domain.Device{}), t.byUser(u.ID, domain.Device{}),
	} {
		if err := t.guesses.Forget(ctx, g.key.Account); err != nil {
			return err
		}
	}
	return nil
}

// checkCurrent reports whether the password is the current one of the account that is logged in. It is a guess like
// one at the login, and fails with domain.ErrThrottled after too many.
func (s *Service) checkCurrent(
	ctx context.Context, user ids.ID, password string, hash domain.PasswordHash,
) (matches bool, err error) {
	g := s.throttle.byUser(user, s.origin(ctx).Device)
	if err := s.throttle.check(ctx, g); err != nil {
		return false, err
	}
	checked, err := s.passwords.Verify(ctx, password, hash)
	switch {
	case err != nil:
		return false, err
	case checked.Matches:
		return true, s.throttle.right(ctx, g)
	}
	return false, s.work.Do(ctx, func(ctx context.Context) error {
		if err := s.noteUser(ctx, domain.AuditPasswordRefused, user, user, nil); err != nil || s.throttle == nil {
			return err
		}
		return s.throttle.wrong(ctx, g)
	})
}
