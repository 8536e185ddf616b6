package identity

import (
	"cmp"
	"context"
	"time"

	"fasttrack/adapters/keyring"
	"fasttrack/modules/identity/internal/ports"
)

// Config says how accounts and sessions are kept. Only SecretKey is needed; durations that are zero get their
// default, except for RefreshGrace.
type Config struct {
	// SecretKey signs tokens; other keys are derived from it. At least 32 bytes; all nodes share it.
	SecretKey []byte
	// Keys sign tokens instead of SecretKey, which goes on to verify what it signed for as long as the ring has it; nil:
	// SecretKey alone.
	Keys *keyring.Ring
	// Issuer and Audience are the claims iss and aud of all tokens; a token with others is refused. "fasttrack" by
	// default.
	Issuer, Audience string
	// AccessTTL is how long an access token lives: 15 minutes by default, in whole seconds.
	AccessTTL time.Duration
	// RefreshTTL is how long a refresh token lives, and with it a session that is not used: 7 days by default.
	RefreshTTL time.Duration
	// RefreshGrace is how long after its consumption a refresh token may be presented again; 0: not at all.
	RefreshGrace time.Duration

	// PasswordMinLength is the least length of a new password in characters: 8 by default.
	PasswordMinLength int
	// The cost of a password's hash, by default what OWASP recommends: 19456 KiB, 2 iterations, 1 lane.
	Argon2MemoryKiB, Argon2Iterations uint32
	Argon2Parallelism                 uint8
	// HashConcurrency is how many passwords are hashed at once: GOMAXPROCS by default. HashQueue is how many more
	// may wait for their turn before logins and registrations get 503: 256 for each at once by default. After 5 s of
	// waiting they get it too.
	HashConcurrency, HashQueue int

	// LoginThrottle slows guesses at passwords down.
	LoginThrottle bool
	// AppURL is where the web application is, that links in mails lead to: its pages /verify-email and /reset-password
	// get the token behind #token=. Without it mails hold the bare token.
	AppURL string

	// SuperuserEmail and SuperuserPassword are of the admin that EnsureSuperuser makes; both or none.
	SuperuserEmail, SuperuserPassword string

	// For tests.
	passwords func(ports.Passwords) ports.Passwords            // nil: as they are
	pause     func(ctx context.Context, d time.Duration) error // nil: by a timer
}

// The defaults.
const (
	defaultAccessTTL         = 15 * time.Minute
	defaultRefreshTTL        = 7 * 24 * time.Hour
	defaultPasswordMinLength = 8
)

func (c Config) withDefaults() Config {
	c.AccessTTL = cmp.Or(c.AccessTTL, defaultAccessTTL)
	c.RefreshTTL = max(cmp.Or(c.RefreshTTL, defaultRefreshTTL), c.AccessTTL)
	if c.passwords == nil {
		c.passwords = func(p ports.Passwords) ports.Passwords { return p }
	}
	c.PasswordMinLength = cmp.Or(c.PasswordMinLength, defaultPasswordMinLength)
	return c
}
