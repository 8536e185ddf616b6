package domain

import (
	"net/netip"
	"slices"
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/text"
)

// How guesses at the password of one account are slowed down. From one network some are free, then each failure doubles
// the wait for the next guess. The bound over all networks is for those who have many.
const (
	freeGuesses   = 5
	firstWait     = time.Second
	longestWait   = 15 * time.Minute
	guessesAnHour = 100

	// RememberGuesses is how long a failure counts. It is longer than the longest wait.
	RememberGuesses = time.Hour
)

// ErrThrottled refuses a guess, whether it would have been right or not.
var ErrThrottled = errs.New(errs.RateLimited, errs.CodeRateLimited, "too many wrong passwords; try again later")

// GuessKey says whose password is guessed, and from where.
type GuessKey struct {
	Account []byte // tells accounts apart without telling which they are
	Network string // see [Network]
}

// Guesses is what is remembered of wrong passwords for one account.
type Guesses struct {
	Failures int         // from one network since the last right password, or the last hour without a guess
	FreeAt   time.Time   // when the next guess from that network counts
	ForgetAt time.Time   // when the two above are forgotten
	Recent   []time.Time // failures from all networks, the oldest first
}

// FromHere returns how long the next guess from the same network has to wait; zero: not at all.
func (g Guesses) FromHere(now time.Time) time.Duration {
	if !now.Before(g.ForgetAt) {
		return 0
	}
	return max(g.FreeAt.Sub(now), 0)
}

// FromAnywhere returns how long the next guess has to wait wherever it comes from; zero: not at all.
func (g Guesses) FromAnywhere(now time.Time) time.Duration {
	if len(g.Recent) < guessesAnHour {
		return 0
	}
	return max(g.Recent[len(g.Recent)-guessesAnHour].Add(RememberGuesses).Sub(now), 0)
}

// Fail counts a wrong password.
func (g Guesses) Fail(now time.Time) Guesses {
	if !now.Before(g.ForgetAt) {
		g.Failures = 0
	}
	g.Failures++
	g.FreeAt = now.Add(waitAfter(g.Failures))
	g.ForgetAt = now.Add(RememberGuesses)
	recent := slices.DeleteFunc(slices.Clone(g.Recent), func(at time.Time) bool {
		return !now.Before(at.Add(RememberGuesses))
	})
	recent = append(recent, now)
	g.Recent = recent[max(len(recent)-guessesAnHour, 0):]
	return g
}

// waitAfter returns how long the next guess waits after so many failures.
func waitAfter(failures int) time.Duration {
	if failures < freeGuesses {
		return 0
	}
	doublings := min(failures-freeGuesses, 20)
	return min(firstWait<<doublings, longestWait)
}

// Network returns what an address has in common with those that its owner can pick at will: the first 64 bits of an
// IPv6 address, all of an IPv4 address. What is no address stays as it is.
func Network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return ip
	}
	return prefix.String()
}

// AccountName returns the text by which an account is tried: the same for every spelling that finds the same account.
func AccountName(email string) string {
	if address, err := ParseEmail(email); err == nil {
		return address.Key()
	}
	return text.Fold(email[:min(len(email), 2*maxEmailLength)]) // of no account, however long it is
}
