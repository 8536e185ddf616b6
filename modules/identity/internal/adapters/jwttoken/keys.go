package jwttoken

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"fasttrack/adapters/keyring"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

// secretKey is the key that signs with the secret. Its name is kept with the refresh tokens that it signs.
var secretKey = keyring.Key{ID: keyring.SecretID, Algorithm: keyring.HS256}

// signer returns the key that signs what is new.
func (t *Tokens) signer() keyring.Key {
	if t.config.Ring == nil {
		return secretKey
	}
	return t.config.Ring.Signer()
}

// signerOf returns the key that signs a refresh token again. If it is gone, which no rotation does to a token that
// lives, another does: the token is then another text for the same thing.
func (t *Tokens) signerOf(r domain.RefreshToken) keyring.Key {
	if r.KeyID == keyring.SecretID {
		return secretKey
	}
	if t.config.Ring != nil {
		if key, known := t.config.Ring.Find(r.KeyID); known {
			return key
		}
	}
	return t.signer()
}

// verifier returns what a token is checked with. The key decides about the algorithm, not the token; and what is
// returned for one algorithm is of a type that the other does not take.
func (t *Tokens) verifier(token *jwt.Token) (any, error) {
	kid, named := token.Header["kid"].(string)
	members := 2 // alg and typ
	if named {
		members = 3
	}
	if len(token.Header) != members || named && (kid == "" || kid == keyring.SecretID) {
		return nil, errForm // jwk, jku, x5u, crit: nothing that we write
	}
	key, known := t.find(kid)
	switch {
	case !known, token.Method.Alg() != key.Algorithm:
		return nil, errForm
	case key.Algorithm == keyring.EdDSA:
		return key.Public(), nil
	}
	return t.config.Secret, nil
}

// find returns the key of a header kid, which is empty for the secret.
func (t *Tokens) find(kid string) (key keyring.Key, known bool) {
	switch {
	case t.config.Ring == nil:
		return secretKey, kid == ""
	case kid == "":
		kid = keyring.SecretID
	}
	return t.config.Ring.Find(kid)
}

// deriveKey returns a key for one purpose. Who learns it learns nothing about the secret or the other keys.
func deriveKey(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "fasttrack identity "+purpose, sha256.Size)
	if err != nil {
		panic(fmt.Errorf("jwttoken: derive a key: %w", err)) // only for a length that is not the one above
	}
	return key
}

// refreshSecret returns the part of a refresh token that only a holder of the key can know.
func (t *Tokens) refreshSecret(session ids.ID, generation int64) string {
	mac := hmac.New(sha256.New, t.refreshKey)
	mac.Write(session[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(generation)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
