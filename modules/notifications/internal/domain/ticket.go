package domain

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// TicketLife is how long a ticket waits for its use.
const TicketLife = 30 * time.Second

// Ticket opens one socket or event stream in the place of an access token, for clients that must put it into an
// address. It is a secret until it is used. Only its hash and the sealed token are kept: without the ticket neither
// leads to the token.
type Ticket string

// NewTicket returns a ticket that nobody can guess.
func NewTicket() Ticket { return Ticket(rand.Text()) }

// Hash is what a ticket is found by.
func (t Ticket) Hash() []byte { return t.derive("hash") }

// Seal encrypts the token that the ticket stands for.
func (t Ticket) Seal(token string) []byte {
	return t.cipher().Seal(nil, nil, []byte(token), nil) //nolint:gosec // the cipher makes a nonce of its own
}

var errSeal = errors.New("the token of a ticket cannot be unsealed")

// Unseal returns the token that was sealed with the same ticket.
func (t Ticket) Unseal(sealed []byte) (string, error) {
	token, err := t.cipher().Open(nil, nil, sealed, nil)
	if err != nil {
		return "", errSeal
	}
	return string(token), nil
}

func (t Ticket) cipher() cipher.AEAD {
	block, err := aes.NewCipher(t.derive("seal"))
	if err != nil {
		panic(fmt.Errorf("notifications: a derived key is no AES key: %w", err))
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Errorf("notifications: AES has no GCM: %w", err))
	}
	return aead
}

func (t Ticket) derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(t), nil, "fasttrack ticket: "+purpose, sha256.Size)
	if err != nil {
		panic(fmt.Errorf("notifications: derive a key: %w", err))
	}
	return key
}
