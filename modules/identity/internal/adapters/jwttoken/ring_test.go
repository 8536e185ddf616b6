package jwttoken

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/keyring"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

// years is a system whose keys come and go; its clock is the test's.
type years struct {
	t    *testing.T
	path string
	at   time.Time
}

// open returns the tokens of a node that reads the file now; without one it signs with the secret.
func (y *years) open(withRing bool) *Tokens {
	y.t.Helper()
	clock := func() time.Time { return y.at }
	config := Config{Secret: secret, AccessTTL: 15 * time.Minute}
	if withRing {
		ring, err := keyring.Open(keyring.Config{Path: y.path, Life: life}, clock, slog.New(slog.DiscardHandler))
		require.NoError(y.t, err)
		config.Ring = ring
	}
	return New(config, clock, ids.New)
}

func (y *years) change(change func(keyring.Set) (keyring.Set, error)) {
	y.t.Helper()
	_, err := keyring.Update(y.t.Context(), y.path, change)
	require.NoError(y.t, err)
}

// issue returns an access token and a refresh token as they are issued now, with the record of the latter.
func issue(s *Tokens, at time.Time) (access, refresh string, r domain.RefreshToken) {
	r = domain.RefreshToken{SessionID: ada.SessionID, Generation: 1, IssuedAt: at, ExpiresAt: at.Add(life)}
	r.KeyID, r.Hash = s.RefreshHash(r.SessionID, r.Generation)
	return s.Access(ada, at), s.Refresh(ada.UserID, r), r
}

// From the secret to a ring, through rotations, and back: every token is good until it expires, on nodes that have the
// old file and on those that have the new one, and the live refresh token is the same text all the time.
func TestNobodyIsLoggedOutWhenKeysComeAndGo(t *testing.T) {
	t.Parallel()
	y := &years{t: t, path: filepath.Join(t.TempDir(), "keys.json"), at: now}
	type held struct {
		access, refresh string
		record          domain.RefreshToken
		at              time.Time
	}
	var all []held
	check := func(nodes ...*Tokens) {
		t.Helper()
		for _, node := range nodes {
			access, refresh, r := issue(node, y.at)
			all = append(all, held{access, refresh, r, y.at})
		}
		for _, h := range all {
			for i, node := range nodes {
				age := y.at.Sub(h.at)
				_, err := node.ReadAccess(h.access)
				require.Equal(t, age < 15*time.Minute, err == nil, "node %d: an access token of %s: %v", i, age, err)
				presented, err := node.ReadRefresh(h.refresh)
				require.Equal(t, age < life, err == nil, "node %d: a refresh token of %s: %v", i, age, err)
				if age < life {
					require.Equal(t, h.record.Hash, presented.Hash)
					require.Equal(t, h.refresh, node.Refresh(ada.UserID, h.record), "made again, it is another text")
				}
			}
		}
	}
	hours := func(n int, nodes ...func() *Tokens) {
		t.Helper()
		for range n {
			var open []*Tokens
			for _, node := range nodes {
				open = append(open, node())
			}
			check(open...)
			y.at = y.at.Add(time.Hour)
		}
	}
	ring := func() *Tokens { return y.open(true) }
	plain := func() *Tokens { return y.open(false) }

	hours(2, plain)
	set, err := keyring.Generate(y.at, 3*time.Hour)
	require.NoError(t, err)
	require.NoError(t, keyring.Create(t.Context(), y.path, set))
	hours(3, plain, ring) // nodes are restarted one by one, before the key signs
	hours(5, ring)
	require.Equal(t, keyring.EdDSA, y.open(true).signer().Algorithm)
	for range 3 {
		before := y.open(true) // it has not read the file again yet
		y.change(func(s keyring.Set) (keyring.Set, error) { return s.Rotate(y.at, keyring.PublishFor, life) })
		check(before, y.open(true))
		y.at = y.at.Add(keyring.ReadEvery)
		check(y.open(true), before)
		y.at = y.at.Add(keyring.PublishFor)
		hours(4, ring)
		y.at = y.at.Add(life / 2)
	}
	before := y.open(true)
	y.change(func(s keyring.Set) (keyring.Set, error) { return s.Leave(y.at, keyring.PublishFor, life) })
	check(before, y.open(true))
	y.at = y.at.Add(keyring.PublishFor)
	hours(3, ring)
	require.Equal(t, keyring.HS256, y.open(true).signer().Algorithm)
	y.at = y.at.Add(life)
	hours(2, ring, plain) // the file may go
}

// A key that is taken out of the file by hand takes what it signed along, and nothing else.
func TestAKeyThatIsGoneTakesItsTokensAlong(t *testing.T) {
	t.Parallel()
	tokens, _ := withRing(t, time.Hour)
	other, _ := withRing(t, time.Hour)
	access, refresh, r := issue(other, now)
	_, err := tokens.ReadAccess(access)
	require.Error(t, err)
	_, err = tokens.ReadRefresh(refresh)
	require.Error(t, err)
	again := tokens.Refresh(ada.UserID, r) // the session goes on when its token is asked for again
	presented, err := tokens.ReadRefresh(again)
	require.NoError(t, err)
	require.Equal(t, r.Hash, presented.Hash)
}

// What the secret signed is refused once the ring has outlived it.
func TestTheSecretIsForgottenAtLast(t *testing.T) {
	t.Parallel()
	young, _ := withRing(t, time.Hour)
	old, _ := withRing(t, 10*life)
	access, _, _ := issue(at(now), now)
	_, err := young.ReadAccess(access)
	require.NoError(t, err)
	_, err = old.ReadAccess(access)
	require.Error(t, err)
}
