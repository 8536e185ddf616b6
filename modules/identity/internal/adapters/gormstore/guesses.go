package gormstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// knownNetworks is how many sessions of a user are looked at for the networks that are theirs.
const knownNetworks = 50

// Guesses implements ports.Guesses. Whoever changes anything about an account holds its row in guess_accounts.
type Guesses struct {
	db    *database.DB
	times times
}

var _ ports.Guesses = (*Guesses)(nil)

// NewGuesses returns a store on the database. The clock is that of SQLite.
func NewGuesses(db *database.DB, now clock.Clock) *Guesses { return &Guesses{db, times{db, now}} }

// Look implements ports.Guesses.
func (s *Guesses) Look(ctx context.Context, key domain.GuessKey) (domain.Guesses, time.Time, error) {
	var r struct {
		Failures *int
		FreeAt   *time.Time
		ForgetAt *time.Time
		Recent   []byte
		LookedAt time.Time
	}
	now, args := s.times.sql()
	args = append(args, key.Account, key.Network, key.Account)
	err := s.db.Conn(ctx).Raw(`SELECT p.failures, p.free_at, p.forget_at, a.failures AS recent, `+now+` AS looked_at
		FROM (SELECT 1 AS one) AS one
		LEFT JOIN guess_pairs AS p ON p.account = ? AND p.network = ?
		LEFT JOIN guess_accounts AS a ON a.account = ?`, args...).Scan(&r).Error
	if err != nil {
		return domain.Guesses{}, time.Time{}, fmt.Errorf("look up wrong passwords: %w", err)
	}
	g := domain.Guesses{Recent: timesOf(r.Recent)}
	if r.Failures != nil {
		g.Failures, g.FreeAt, g.ForgetAt = *r.Failures, *r.FreeAt, *r.ForgetAt
	}
	return g, clock.Normal(r.LookedAt), nil
}

// Networks implements ports.Guesses.
func (s *Guesses) Networks(ctx context.Context, user ids.ID) ([]string, error) {
	var addresses []string
	err := s.db.Conn(ctx).Raw("SELECT ip FROM sessions WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT ?",
		user, knownNetworks).Scan(&addresses).Error
	if err != nil {
		return nil, fmt.Errorf("look up the networks of user %s: %w", user, err)
	}
	for i, ip := range addresses {
		addresses[i] = domain.Network(ip)
	}
	return addresses, nil
}

// Lock implements ports.Guesses. What is read after the lock was had is what the one before has committed.
func (s *Guesses) Lock(ctx context.Context, key domain.GuessKey) (domain.Guesses, time.Time, error) {
	if err := s.hold(ctx, key.Account); err != nil {
		return domain.Guesses{}, time.Time{}, err
	}
	return s.Look(ctx, key)
}

// hold locks the row of an account, and makes it if there is none: one that nobody needs if nothing follows.
func (s *Guesses) hold(ctx context.Context, account []byte) error {
	now, args := s.times.sql()
	// GORM takes bytes that come first in parentheses for a list.
	err := s.db.Conn(ctx).Exec(`INSERT INTO guess_accounts (forget_at, account, failures) VALUES (`+now+`, ?, ?)
		ON CONFLICT (account) DO UPDATE SET account = excluded.account`, append(args, account, []byte{})...).Error
	if err != nil {
		return fmt.Errorf("lock the wrong passwords of an account: %w", err)
	}
	return nil
}

// Keep implements ports.Guesses.
func (s *Guesses) Keep(ctx context.Context, key domain.GuessKey, g domain.Guesses) error {
	err := s.db.Conn(ctx).Exec(`UPDATE guess_accounts SET failures = ?, forget_at = ? WHERE account = ?`,
		bytesOf(g.Recent), g.ForgetAt, key.Account).Error
	if err != nil {
		return fmt.Errorf("count a wrong password: %w", err)
	}
	err = s.db.Conn(ctx).Exec(`INSERT INTO guess_pairs (network, account, failures, free_at, forget_at)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, network) DO UPDATE SET failures = excluded.failures,
		free_at = excluded.free_at, forget_at = excluded.forget_at`,
		key.Network, key.Account, g.Failures, g.FreeAt, g.ForgetAt).Error
	if err != nil {
		return fmt.Errorf("count a wrong password from a network: %w", err)
	}
	return nil
}

// Clear implements ports.Guesses.
func (s *Guesses) Clear(ctx context.Context, key domain.GuessKey) error {
	if err := s.hold(ctx, key.Account); err != nil {
		return err
	}
	return s.forgetPairs(ctx, "account = ? AND network = ?", key.Account, key.Network)
}

// Forget implements ports.Guesses.
func (s *Guesses) Forget(ctx context.Context, account []byte) error {
	if err := s.db.Conn(ctx).Exec("DELETE FROM guess_accounts WHERE account = ?", account).Error; err != nil {
		return fmt.Errorf("forget the wrong passwords of an account: %w", err)
	}
	return s.forgetPairs(ctx, "account = ?", account)
}

func (s *Guesses) forgetPairs(ctx context.Context, condition string, args ...any) error {
	if err := s.db.Conn(ctx).Exec("DELETE FROM guess_pairs WHERE "+condition, args...).Error; err != nil {
		return fmt.Errorf("forget wrong passwords: %w", err)
	}
	return nil
}

// bytesOf writes times as microseconds of 8 bytes each.
func bytesOf(times []time.Time) []byte {
	packed := make([]byte, 0, 8*len(times))
	for _, t := range times {
		packed = binary.BigEndian.AppendUint64(packed, uint64(t.UnixMicro()))
	}
	return packed
}

func timesOf(packed []byte) []time.Time {
	var times []time.Time
	for ; len(packed) >= 8; packed = packed[8:] {
		times = append(times, clock.Normal(time.UnixMicro(int64(binary.BigEndian.Uint64(packed)))))
	}
	return times
}
