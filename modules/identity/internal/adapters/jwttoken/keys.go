package jwttoken

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"fasttrack/shared/ids"
)

// keyID names the one key that there is. It is kept with every refresh token, so that tokens can be told apart by
// their key once there are several.
const keyID = "secret-key"

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
