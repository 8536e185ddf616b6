// Package argon2hash hashes passwords with argon2id. The work of one hash is bounded by its parameters, and this
// package bounds how many run at once: each takes a processor and megabytes for tens of milliseconds.
//
// Passwords are hashed in their normal form (NFKC): the same characters typed on another keyboard may arrive as
// other bytes. Hashes of bcrypt, which imported accounts may have, are accepted and count as outdated.
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
}

const (
	saltLength = 16
	keyLength  = 32
)

// Hasher implements ports.Passwords. It is safe for concurrent use.
type Hasher struct {
	params   *argon2id.Params
	prefix   string              // of every hash with these parameters
	nobody   domain.PasswordHash // of no password at all; costs what any costs
	slots    chan struct{}
	present  atomic.Int64 // running and waiting
	limit    int64
	patience time.Duration
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
	return &Hasher{
		params: params, prefix: prefixOf(params), nobody: unmatchable(params),
		slots: make(chan struct{}, concurrency), limit: int64(concurrency) + int64(queue),
		patience: cmp.Or(config.Patience, 5*time.Second),
	}
}

func prefixOf(p *argon2id.Params) string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", p.Memory, p.Iterations, p.Parallelism)
}

// unmatchable returns a hash in the usual form whose key is random: no password is known that has it.
func unmatchable(p *argon2id.Params) domain.PasswordHash {
	var salt [saltLength]byte
	var key [keyLength]byte
	_, _ = rand.Read(salt[:]) // never fails
	_, _ = rand.Read(key[:])
	return domain.PasswordHash(prefixOf(p) + base64.RawStdEncoding.EncodeToString(salt[:]) + "$" +
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
func (h *Hasher) Verify(ctx context.Context, password string, hash domain.PasswordHash) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	if isBcrypt(hash) {
		return matchesBcrypt(password, hash)
	}
	return argon2id.ComparePasswordAndHash(Normal(password), string(cmp.Or(hash, h.nobody)))
}

// Outdated implements ports.Passwords.
func (h *Hasher) Outdated(hash domain.PasswordHash) bool {
	return !strings.HasPrefix(string(hash), h.prefix)
}

// Normal returns the normal form of a password.
func Normal(password string) string { return norm.NFKC.String(password) }

func isBcrypt(hash domain.PasswordHash) bool {
	return slices.ContainsFunc([]string{"$2a$", "$2b$", "$2y$"}, func(prefix string) bool {
		return strings.HasPrefix(string(hash), prefix)
	})
}

// matchesBcrypt compares the password as it was presented: hashes of bcrypt were made without the normal form.
func matchesBcrypt(password string, hash domain.PasswordHash) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	if err != nil {
		return false, errors.New("the bcrypt hash is not of the expected form") // the library's errors repeat parts of it
	}
	return true, nil
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
