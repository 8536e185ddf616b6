// Package argon2hash hashes passwords with argon2id. The work of one hash is bounded by its parameters, and this
// package bounds how many run at once: each takes a processor and megabytes for tens of milliseconds.
//
// Passwords are hashed in their normal form (NFKC): the same characters typed on another keyboard may arrive as
// other bytes. Hashes of bcrypt, which imported accounts may have, are accepted up to a cost of 12 and count as outdated.
package argon2hash

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
)

// Config says how passwords are hashed. The zero value is OWASP's recommendation.
type Config struct {
	MemoryKiB   uint32 // default 19456
	Iterations  uint32 // default 2
	Parallelism uint8  // default 1
	Concurrency int    // how many run at once; default GOMAXPROCS
	Queue       int    // how many more may wait; default 256 for each that runs

	// Patience is how long one may wait for its turn; default 5 s. In a flood of logins most then fail soon, and can be
	// tried again, instead of all of them late.
	Patience time.Duration

	Elapsed func() time.Duration // a monotonic clock; default that of the program
}

const (
	saltLength = 16
	keyLength  = 32
)

// maxBcryptCost bounds the work at a hash that others have made: a quarter of a second of a processor. Each step more is
// twice as much, and the cost can be 31.
const maxBcryptCost = 12

// Hasher implements ports.Passwords. It is safe for concurrent use.
type Hasher struct {
	params   *argon2id.Params
	scheme   string              // what every hash with these parameters begins with
	nobody   domain.PasswordHash // of no password at all; costs what any costs
	slots    chan struct{}
	present  atomic.Int64 // running and waiting
	limit    int64
	patience time.Duration
	elapsed  func() time.Duration
}

var _ ports.Passwords = (*Hasher)(nil)

// New returns a hasher.
func New(config Config) *Hasher {
	concurrency := cmp.Or(config.Concurrency, runtime.GOMAXPROCS(0))
	queue := cmp.Or(config.Queue, 256*concurrency)
	params := &argon2id.Params{
		Memory: cmp.Or(config.MemoryKiB, 19456), Iterations: cmp.Or(config.Iterations, 2),
		Parallelism: cmp.Or(config.Parallelism, 1), SaltLength: saltLength, KeyLength: keyLength,
	}
	elapsed := config.Elapsed
	if elapsed == nil {
		elapsed = clock.Monotonic
	}
	return &Hasher{
		params: params, scheme: schemeOf(params), nobody: unmatchable(params),
		slots: make(chan struct{}, concurrency), limit: int64(concurrency) + int64(queue),
		patience: cmp.Or(config.Patience, 5*time.Second), elapsed: elapsed,
	}
}

func schemeOf(p *argon2id.Params) string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", p.Memory, p.Iterations, p.Parallelism)
}

// unmatchable returns a hash in the usual form whose key is random: no password is known that has it.
func unmatchable(p *argon2id.Params) domain.PasswordHash {
	var salt [saltLength]byte
	var key [keyLength]byte
	_, _ = rand.Read(salt[:]) // never fails
	_, _ = rand.Read(key[:])
	return domain.PasswordHash(schemeOf(p) + base64.RawStdEncoding.EncodeToString(salt[:]) + "$" +
		base64.RawStdEncoding.EncodeToString(key[:]))
}

// Hash implements ports.Passwords.
func (h *Hasher) Hash(ctx context.Context, password string) (domain.PasswordHash, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	hash, err := argon2id.CreateHash(Normal(password), h.params)
	return domain.PasswordHash(hash), err
}

// Verify implements ports.Passwords.
func (h *Hasher) Verify(ctx context.Context, password string, hash domain.PasswordHash) (v ports.Verification, err error) {
	if err := h.enter(ctx); err != nil {
		return v, err
	}
	defer h.leave()
	began := h.elapsed()
	if isBcrypt(hash) {
		v.Matches, v.TooCostly, err = matchesBcrypt(password, hash)
	} else {
		v.Matches, err = argon2id.ComparePasswordAndHash(Normal(password), string(cmp.Or(hash, h.nobody)))
	}
	v.Took = h.elapsed() - began
	return v, err
}

// Scheme implements ports.Passwords.
func (h *Hasher) Scheme() string { return h.scheme }

// Outdated implements ports.Passwords.
func (h *Hasher) Outdated(hash domain.PasswordHash) bool {
	return !strings.HasPrefix(string(hash), h.scheme)
}

// Normal returns the normal form of a password.
func Normal(password string) string { return norm.NFKC.String(password) }

func isBcrypt(hash domain.PasswordHash) bool {
	return slices.ContainsFunc([]string{"$2a$", "$2b$", "$2y$"}, func(prefix string) bool {
		return strings.HasPrefix(string(hash), prefix)
	})
}

// matchesBcrypt compares the password as it was presented: hashes of bcrypt were made without the normal form.
func matchesBcrypt(password string, hash domain.PasswordHash) (matches, tooCostly bool, err error) {
	cost, err := bcrypt.Cost([]byte(hash))
	if err == nil && cost > maxBcryptCost {
		return false, true, nil
	}
	err = bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, false, nil
	}
	if err != nil {
		return false, false, errors.New("the bcrypt hash is not of the expected form") // the library's errors repeat parts of it
	}
	return true, false, nil
}

// enter waits for a slot, but only if not too many wait already, and not for too long: then it fails with
// domain.ErrBusy. If ctx ends first, it fails with the error of ctx.
func (h *Hasher) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if h.present.Add(1) > h.limit {
		h.present.Add(-1)
		return domain.ErrBusy
	}
	select {
	case h.slots <- struct{}{}: // there is one: no timer is needed
		return nil
	default:
	}
	patience := time.NewTimer(h.patience)
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-patience.C:
		h.present.Add(-1)
		return domain.ErrBusy
	case <-ctx.Done():
		h.present.Add(-1)
		return ctx.Err()
	}
}

func (h *Hasher) leave() {
	<-h.slots
	h.present.Add(-1)
}
