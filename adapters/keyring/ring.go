package keyring

import (
	"context"
	"encoding/base64"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"fasttrack/shared/clock"
)

// Config says how a [Ring] is kept.
type Config struct {
	// Path of the file.
	Path string
	// Life is how long the longest token lives: so long does a retired key verify.
	Life time.Duration
	// ReadEvery is how often the file is read again; default [ReadEvery].
	ReadEvery time.Duration
}

// Ring is a file of keys in use. It is safe for concurrent use.
type Ring struct {
	config Config
	now    clock.Clock
	log    *slog.Logger
	set    atomic.Pointer[Set]
	asked  chan struct{} // holds a token while somebody wants the file to be read at once
}

// Open reads the file. It fails if that cannot be used.
func Open(config Config, now clock.Clock, log *slog.Logger) (*Ring, error) {
	if config.ReadEvery == 0 {
		config.ReadEvery = ReadEvery
	}
	r := &Ring{config: config, now: now, log: log, asked: make(chan struct{}, 1)}
	set, err := Read(config.Path)
	if err != nil {
		return nil, err
	}
	r.set.Store(&set)
	if info, err := os.Stat(config.Path); err == nil && info.Mode().Perm()&0o077 != 0 {
		log.Warn("others than its owner may read the file of keys: chmod 600", "path", config.Path)
	}
	return r, nil
}

// Run reads the file again and again until ctx is done. A file that cannot be used is told of and changes nothing. It
// returns nil.
func (r *Ring) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.config.ReadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-r.asked:
		case <-ctx.Done():
			return nil
		}
		r.again(ctx)
	}
}

func (r *Ring) again(ctx context.Context) {
	set, err := Read(r.config.Path)
	if err != nil {
		r.log.ErrorContext(ctx, "the file of keys cannot be read again; the keys stay as they were", "error", err)
		return
	}
	if before := r.set.Swap(&set); before.newest() != set.newest() {
		newest := set.keys[len(set.keys)-1]
		r.log.InfoContext(ctx, "there is a new key", "kid", newest.ID, "signs_from", newest.SignsFrom)
	}
}

func (s *Set) newest() string { return s.keys[len(s.keys)-1].ID }

// Reload has [Ring.Run] read the file at once. It does not wait for it.
func (r *Ring) Reload() {
	select {
	case r.asked <- struct{}{}:
	default:
	}
}

// Signer returns the key that signs now.
func (r *Ring) Signer() Key { return r.set.Load().Signer(r.now()) }

// Find returns the key of this name if what it signed may still be good.
func (r *Ring) Find(id string) (Key, bool) { return r.set.Load().find(id, r.now(), r.config.Life) }

// PublicKey is the half of a key that everybody may have, as a JSON Web Key.
type PublicKey struct {
	Type      string
	Curve     string
	Algorithm string
	Use       string
	ID        string
	X         string // the key, in base64url
}

// PublicKeys returns those that verify, now or soon. The program's secret is not among them.
func (r *Ring) PublicKeys() []PublicKey {
	public := []PublicKey{}
	for _, k := range r.set.Load().keys {
		if k.Private == nil || k.expired(r.now(), r.config.Life) {
			continue
		}
		public = append(public, PublicKey{
			Type: typeOKP, Curve: curve, Algorithm: k.Algorithm, Use: use, ID: k.ID,
			X: base64.RawURLEncoding.EncodeToString(k.Public()),
		})
	}
	return public
}
