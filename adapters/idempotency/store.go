package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
)

// row is an answer as the table idempotency_keys has it.
type row struct {
	Fingerprint []byte
	Status      int
	Etag        string
	Location    string
	Body        string
}

func (r row) answer() httpserver.Answer {
	return httpserver.Answer{Status: r.Status, ETag: r.Etag, Location: r.Location, Body: []byte(r.Body)}
}

// enter makes sure that nobody else in this process works under the key. On PostgreSQL [Keys.lock] does it, for all
// processes. On SQLite writers queue up, so that without this a second request would wait for the first.
func (k *Keys) enter(n name) (leave func(), err error) {
	if k.db.Dialect() != database.SQLite {
		return func() {}, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.inFlight[n] {
		return nil, httpserver.ErrIdempotencyInFlight
	}
	k.inFlight[n] = true
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.inFlight, n)
	}, nil
}

// lock makes sure that nobody else works under the key until the unit of work ends. It is taken before every other
// lock and never waited for. What it protects is looked up by a statement of its own, which sees what whoever held
// the lock before has committed.
func (k *Keys) lock(ctx context.Context, n name) error {
	if k.db.Dialect() == database.SQLite {
		return nil
	}
	var locked bool
	if err := k.db.Conn(ctx).Raw(`SELECT pg_try_advisory_xact_lock(?)`, n.number()).Scan(&locked).Error; err != nil {
		return fmt.Errorf("lock an idempotency key: %w", err)
	}
	if !locked {
		return httpserver.ErrIdempotencyInFlight
	}
	return nil
}

// number is the name of the advisory lock. Two keys with one number would at worst get a 409 that a second try does
// not get.
func (n name) number() int64 {
	sum := sha256.Sum256([]byte("idempotency " + n.user.String() + " " + n.key))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// find returns what is kept under the key, or nil.
func (k *Keys) find(ctx context.Context, n name) (*row, error) {
	var found []row
	err := k.db.Conn(ctx).Raw(`SELECT fingerprint, status, etag, location, body FROM idempotency_keys
		WHERE user_id = ? AND key = ? AND created_at > ?`, n.user, n.key, k.now().Add(-Retention)).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("look for an idempotency key: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// keep stores an answer. It replaces one that is too old to be given again and has not been swept yet.
func (k *Keys) keep(ctx context.Context, n name, fingerprint []byte, a httpserver.Answer) error {
	now := k.now()
	q := k.db.Conn(ctx).Exec(`INSERT INTO idempotency_keys
		(user_id, key, fingerprint, status, etag, location, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (user_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
			etag = excluded.etag, location = excluded.location, body = excluded.body, created_at = excluded.created_at
		WHERE idempotency_keys.created_at <= ?`,
		n.user, n.key, fingerprint, a.Status, a.ETag, a.Location, string(a.Body), now, now.Add(-Retention))
	switch {
	case q.Error != nil:
		return fmt.Errorf("keep an idempotency key: %w", q.Error)
	case q.RowsAffected == 0: // never while the lock holds
		return httpserver.ErrIdempotencyInFlight
	}
	return nil
}

// SweepEvery is how often [Keys.Run] is to be called.
const SweepEvery = 10 * time.Minute

// sweptAtOnce bounds a unit of work, beside which nobody else can write on SQLite.
const sweptAtOnce = 500

// Run deletes the answers that can no longer be asked for, a few at a time.
func (k *Keys) Run(ctx context.Context) error {
	for {
		swept, err := k.sweep(ctx, sweptAtOnce)
		if err != nil || swept < sweptAtOnce {
			return err
		}
	}
}

func (k *Keys) sweep(ctx context.Context, limit int) (swept int64, err error) {
	err = k.db.Do(ctx, func(ctx context.Context) error {
		q := k.db.Conn(ctx).Exec(`DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key
			FROM idempotency_keys WHERE created_at <= ? ORDER BY created_at LIMIT ?)`, k.now().Add(-Retention), limit)
		swept = q.RowsAffected
		return q.Error
	})
	if err != nil {
		return 0, fmt.Errorf("sweep the idempotency keys: %w", err)
	}
	return swept, nil
}
