// Package mailtoken makes and reads the tokens that users get by mail. They are made when a mail is sent; neither the
// database nor a job that waits there holds one, or what one could be made of without the secret key.
package mailtoken

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/ids"
)

// Tokens implements ports.MailTokens. It is safe for concurrent use.
type Tokens struct{ key []byte }

var _ ports.MailTokens = (*Tokens)(nil)

// New returns the tokens of this secret. It panics if that is empty.
func New(secret []byte) *Tokens {
	if len(secret) == 0 {
		panic("mailtoken: the secret key is empty")
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "fasttrack identity mail tokens", sha256.Size)
	if err != nil {
		panic(fmt.Errorf("mailtoken: derive a key: %w", err)) // only for a length that is not the one above
	}
	return &Tokens{key}
}

// length is that of every token: base64 of an id and a MAC, without padding and without a bit to spare, so that one
// token has one form.
const length = (len(ids.Nil) + sha256.Size) / 3 * 4

// Token implements ports.MailTokens.
func (t *Tokens) Token(m domain.Mail, proof string) string {
	return base64.RawURLEncoding.EncodeToString(append(m.ID[:], t.mac(m, proof)...))
}

// Hash implements ports.MailTokens.
func (t *Tokens) Hash(m domain.Mail, proof string) []byte { return hashOf(t.mac(m, proof)) }

// Read implements ports.MailTokens.
func (t *Tokens) Read(token string) (ports.PresentedMailToken, error) {
	// Go's base64 ignores line breaks.
	if len(token) != length || strings.ContainsAny(token, "\r\n") {
		return ports.PresentedMailToken{}, domain.ErrBadMailToken
	}
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return ports.PresentedMailToken{}, domain.ErrBadMailToken
	}
	id, mac := ids.ID(decoded[:len(ids.Nil)]), decoded[len(ids.Nil):]
	return ports.PresentedMailToken{MailID: id, Hash: hashOf(mac)}, nil
}

// mac is over fields that are as long as they say, so that no two mails have the same.
func (t *Tokens) mac(m domain.Mail, proof string) []byte {
	mac := hmac.New(sha256.New, t.key)
	for _, field := range [][]byte{[]byte(m.Kind), m.ID[:], m.UserID[:], []byte(proof)} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(field))))
		mac.Write(field)
	}
	return mac.Sum(nil)
}

func hashOf(mac []byte) []byte {
	sum := sha256.Sum256(mac)
	return sum[:]
}
