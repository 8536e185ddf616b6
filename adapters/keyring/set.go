// Package keyring keeps the keys that sign tokens in a file, and replaces them so that nobody notices.
//
// The file is a JSON key set (RFC 7517) with the private parts of Ed25519 keys and, for each key, when it was created,
// when it begins to sign, and when it was retired. What a key does follows from these times and the clock alone, so
// nodes that read the file at different moments agree:
//
//	created_at            signs_from                  retired_at                  and the life of a token later
//	     | published: it     | signing, until another    | verifying: what it        | expired: the next
//	     | verifies, and is  | key begins to             | signed is still good      | rotation forgets it
//	     | in the public set |                           |                           |
//
// A key is published for longer than nodes take to read the file again, so no node ever meets a token whose key it does
// not know. The HMAC with the program's secret is a key like the others, called [SecretID], of which the file has only
// the times: a system can move to a file of keys and back, and nobody is logged out.
package keyring

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The algorithms, as tokens name them. A key has one, and nothing that a token says changes it.
const (
	EdDSA = "EdDSA"
	HS256 = "HS256"
)

// SecretID is the name of the key that is not in the file: the program's secret, for HS256. Its tokens name no key.
const SecretID = "secret-key"

// PublishFor is how long a key is published before it signs, at least. ReadEvery is how often nodes read the file; what
// is between the two is for slow disks and clocks that differ.
const (
	PublishFor = time.Minute
	ReadEvery  = 30 * time.Second
)

// margin is for clocks that differ, where a key is forgotten.
const margin = time.Minute

// Key is one key and its times.
type Key struct {
	ID        string
	Algorithm string             // EdDSA, or HS256 for the program's secret
	Private   ed25519.PrivateKey // nil for the program's secret
	CreatedAt time.Time
	SignsFrom time.Time
	RetiredAt *time.Time // nil: not yet
}

// Public returns the half that verifies, nil for the program's secret.
func (k Key) Public() ed25519.PublicKey {
	if k.Private == nil {
		return nil
	}
	return k.Private.Public().(ed25519.PublicKey)
}

// expired reports whether nothing that the key signed can still be good, if tokens live for life.
func (k Key) expired(now time.Time, life time.Duration) bool {
	return k.RetiredAt != nil && now.After(k.RetiredAt.Add(life+margin))
}

// Set is all keys of a file, in the order in which they begin to sign. It is never changed; a change makes another.
type Set struct{ keys []Key }

// Keys returns the keys, the one that signs last at the end.
func (s Set) Keys() []Key { return slices.Clone(s.keys) }

// Signer returns the key that signs: of those that have begun to, the last; by a clock that is behind, the first.
func (s Set) Signer(now time.Time) Key {
	for _, k := range slices.Backward(s.keys) {
		if !now.Before(k.SignsFrom) {
			return k
		}
	}
	return s.keys[0]
}

// find returns a key that verifies.
func (s Set) find(id string, now time.Time, life time.Duration) (Key, bool) {
	for _, k := range s.keys {
		if k.ID == id && !k.expired(now, life) {
			return k, true
		}
	}
	return Key{}, false
}

// State says in a word what a key does: published, signing, verifying or expired, if tokens live for life.
func (s Set) State(k Key, now time.Time, life time.Duration) string {
	switch {
	case k.ID == s.Signer(now).ID:
		return "signing"
	case now.Before(k.SignsFrom):
		return "published"
	case k.expired(now, life):
		return "expired"
	}
	return "verifying"
}

// Generate returns a new set: the program's secret, which signs until the new key does, after a while.
func Generate(now time.Time, after time.Duration) (Set, error) {
	now = seconds(now)
	key, err := newKey(now, after)
	if err != nil {
		return Set{}, err
	}
	return Set{[]Key{{ID: SecretID, Algorithm: HS256, CreatedAt: now, SignsFrom: now}, key}}, nil
}

// errWaiting says that the key of the last rotation does not sign yet.
var errWaiting = errors.New("the newest key does not sign yet")

// Rotate returns the set with a new key that signs after a while, when the others retire. It leaves out keys that
// expired, if tokens live for life. It fails while the newest key waits to sign: the one before it is still needed.
func (s Set) Rotate(now time.Time, after, life time.Duration) (Set, error) {
	now = seconds(now)
	key, err := newKey(now, after)
	if err != nil {
		return Set{}, err
	}
	return s.succeed(key, now, life)
}

// Leave is [Set.Rotate] back to the program's secret: no key of the file signs any more, after a while.
func (s Set) Leave(now time.Time, after, life time.Duration) (Set, error) {
	now = seconds(now)
	if s.Signer(now).ID == SecretID {
		return Set{}, errors.New("the program's secret signs already")
	}
	return s.succeed(Key{ID: SecretID, Algorithm: HS256, CreatedAt: now, SignsFrom: now.Add(after)}, now, life)
}

func (s Set) succeed(next Key, now time.Time, life time.Duration) (Set, error) {
	var keys []Key
	for _, k := range s.keys {
		switch {
		case now.Before(k.SignsFrom):
			return Set{}, fmt.Errorf("%w: %s does from %s on", errWaiting, k.ID, k.SignsFrom.Format(time.RFC3339))
		case k.expired(now, life), k.ID == next.ID: // the program's secret, when it comes back
			continue
		case k.RetiredAt == nil:
			k.RetiredAt = &next.SignsFrom
		}
		keys = append(keys, k)
	}
	return Set{append(keys, next)}, nil
}

func newKey(now time.Time, after time.Duration) (Key, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return Key{
		ID: thumbprint(public), Algorithm: EdDSA, Private: private, CreatedAt: now, SignsFrom: seconds(now.Add(after)),
	}, nil
}

// thumbprint names a key by what it is (RFC 7638), so that no two have one name.
func thumbprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// seconds is how fine the file's times are.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// check refuses a set of which it could not be said at every moment which key signs.
func (s Set) check() error {
	if len(s.keys) == 0 {
		return errors.New("it has no key")
	}
	slices.SortStableFunc(s.keys, func(a, b Key) int { return a.SignsFrom.Compare(b.SignsFrom) })
	seen := map[string]bool{}
	for i, k := range s.keys {
		last := i == len(s.keys)-1
		switch {
		case seen[k.ID]:
			return fmt.Errorf("it has the key %s twice", k.ID)
		case cmp.Compare(k.SignsFrom.Unix(), k.CreatedAt.Unix()) < 0:
			return fmt.Errorf("the key %s signs before it was created", k.ID)
		case last && k.RetiredAt != nil:
			return fmt.Errorf("the key %s is retired, and there is none after it", k.ID)
		case !last && s.keys[i+1].SignsFrom.Equal(k.SignsFrom):
			return fmt.Errorf("the keys %s and %s begin to sign at the same time", k.ID, s.keys[i+1].ID)
		case !last && k.RetiredAt != nil && k.RetiredAt.Before(s.keys[i+1].SignsFrom):
			return fmt.Errorf("the key %s is retired before the next one signs", k.ID)
		}
		seen[k.ID] = true
	}
	return nil
}
