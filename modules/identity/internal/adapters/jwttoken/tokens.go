// Package jwttoken makes and reads access and refresh tokens: JWTs, signed with HS256 and the bytes of the secret key,
// or with the keys of a ring.
//
// Which key a token is checked with is for its header kid alone to say, and which algorithm for that key (RFC 8725,
// section 3.1); a token without kid is one of the secret key. A header that has anything else is refused, so no key
// and no address of one is ever taken from a token.
//
// A refresh token is the same text each time it is made: its claims are those of its record and an HMAC of session
// and generation under a key of its own. So nothing of it need be kept but a hash.
package jwttoken

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"fasttrack/adapters/keyring"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Config says how tokens are made.
type Config struct {
	Secret    []byte        // signs where there is no ring; the keys for other purposes are derived from it
	Ring      *keyring.Ring // the keys that sign; nil: the secret alone
	Issuer    string        // default fasttrack
	Audience  string        // default fasttrack
	AccessTTL time.Duration // an access token that is older is expired, whatever it says
}

// Tokens implements ports.Tokens. It is safe for concurrent use.
type Tokens struct {
	config     Config
	now        clock.Clock
	newID      ids.Generator
	parser     *jwt.Parser
	refreshKey []byte
	recent     recent
}

var _ ports.Tokens = (*Tokens)(nil)

// The two types of token, as the claim typ has them, and as the header typ (RFC 9068, RFC 8725 section 3.11).
const (
	typeAccess    = "access"
	typeRefresh   = "refresh"
	headerAccess  = "at+jwt"
	headerRefresh = "rt+jwt"
)

// maxLength is far beyond any token of ours: longer ones are not even looked at.
const maxLength = 2048

// New returns the tokens of this secret. It panics if that is empty.
func New(config Config, now clock.Clock, newID ids.Generator) *Tokens {
	if len(config.Secret) == 0 {
		panic("jwttoken: the secret key is empty")
	}
	config.Secret = slices.Clone(config.Secret)
	config.Issuer = cmp.Or(config.Issuer, "fasttrack")
	config.Audience = cmp.Or(config.Audience, "fasttrack")
	return &Tokens{
		config: config, now: now, newID: newID, refreshKey: deriveKey(config.Secret, "refresh tokens"),
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{keyring.HS256, keyring.EdDSA}),
			jwt.WithIssuer(config.Issuer), jwt.WithAudience(config.Audience),
			jwt.WithExpirationRequired(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(now),
		),
	}
}

// claims are those of both types; their order is that of the JSON.
type claims struct {
	jwt.RegisteredClaims
	Type      string    `json:"typ"`
	SessionID string    `json:"sid"`
	Role      auth.Role `json:"role,omitempty"`
}

// Access implements ports.Tokens.
func (t *Tokens) Access(p auth.Principal, issuedAt time.Time) string {
	return t.sign(t.signer(), headerAccess, claims{
		RegisteredClaims: t.registered(p.UserID, t.newID().String(), issuedAt, issuedAt.Add(t.config.AccessTTL)),
		Type:             typeAccess, SessionID: p.SessionID.String(), Role: p.Role,
	})
}

// ReadAccess implements ports.Tokens.
func (t *Tokens) ReadAccess(token string) (auth.Principal, error) {
	now := t.now()
	if p, ok := t.recent.find(token, now); ok {
		return p, nil
	}
	p, err := t.verifyAccess(token)
	if err == nil {
		t.recent.keep(token, p, now)
	}
	return p, err
}

func (t *Tokens) verifyAccess(token string) (auth.Principal, error) {
	c, userID, sessionID, err := t.read(token, headerAccess, typeAccess)
	if errors.Is(err, auth.ErrTokenExpired) {
		return auth.Principal{}, err
	}
	if err != nil {
		return auth.Principal{}, auth.ErrUnauthenticated.WithCause(err)
	}
	role, known := domain.ParseRole(string(c.Role))
	if !known {
		return auth.Principal{}, auth.ErrUnauthenticated
	}
	expiresAt := c.ExpiresAt.Time
	// The lifetime may have been shortened since the token was made. Changes of access are kept for the current one.
	if latest := c.IssuedAt.Add(t.config.AccessTTL); latest.Before(expiresAt) {
		expiresAt = latest
		if !t.now().Before(expiresAt) {
			return auth.Principal{}, auth.ErrTokenExpired
		}
	}
	return auth.Principal{UserID: userID, SessionID: sessionID, Role: role, ExpiresAt: clock.Normal(expiresAt)}, nil
}

// RefreshHash implements ports.Tokens.
func (t *Tokens) RefreshHash(session ids.ID, generation int64) (string, []byte) {
	return t.signer().ID, hashOf(t.refreshSecret(session, generation))
}

// Refresh implements ports.Tokens. The key that signed it first signs it again, whichever signs new ones by now.
func (t *Tokens) Refresh(userID ids.ID, r domain.RefreshToken) string {
	id := strconv.FormatInt(r.Generation, 10) + "." + t.refreshSecret(r.SessionID, r.Generation)
	return t.sign(t.signerOf(r), headerRefresh, claims{
		RegisteredClaims: t.registered(userID, id, r.IssuedAt, r.ExpiresAt),
		Type:             typeRefresh, SessionID: r.SessionID.String(),
	})
}

// ReadRefresh implements ports.Tokens.
func (t *Tokens) ReadRefresh(token string) (ports.PresentedRefresh, error) {
	c, userID, sessionID, err := t.read(token, headerRefresh, typeRefresh)
	if errors.Is(err, auth.ErrTokenExpired) {
		return ports.PresentedRefresh{}, err
	}
	if err != nil {
		return ports.PresentedRefresh{}, domain.ErrBadRefreshToken.WithCause(err)
	}
	number, secret, _ := strings.Cut(c.ID, ".")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil || generation < 1 {
		return ports.PresentedRefresh{}, domain.ErrBadRefreshToken
	}
	return ports.PresentedRefresh{
		UserID: userID, SessionID: sessionID, Generation: generation, Hash: hashOf(secret),
	}, nil
}

func (t *Tokens) registered(userID ids.ID, id string, issuedAt, expiresAt time.Time) jwt.RegisteredClaims {
	return jwt.RegisteredClaims{
		Issuer: t.config.Issuer, Audience: jwt.ClaimStrings{t.config.Audience}, Subject: userID.String(), ID: id,
		IssuedAt: jwt.NewNumericDate(issuedAt), ExpiresAt: jwt.NewNumericDate(expiresAt),
	}
}

func (t *Tokens) sign(with keyring.Key, header string, c claims) string {
	var method jwt.SigningMethod = jwt.SigningMethodHS256
	var key any = t.config.Secret
	if with.Algorithm == keyring.EdDSA {
		method, key = jwt.SigningMethodEdDSA, with.Private
	}
	token := jwt.NewWithClaims(method, c)
	token.Header["typ"] = header
	if with.Algorithm == keyring.EdDSA {
		token.Header["kid"] = with.ID
	}
	signed, err := token.SignedString(key)
	if err != nil {
		panic(fmt.Errorf("jwttoken: sign: %w", err)) // these claims are JSON, and the keys are of their methods
	}
	return signed
}

// errForm says what is wrong with a token beyond its signature and its registered claims. It goes to no client.
var errForm = errors.New("the token is not of the expected form")

// read checks everything but what differs between the types. A token that has expired and is otherwise in order is
// auth.ErrTokenExpired; any other error says nothing that a client should know.
func (t *Tokens) read(token, header, typ string) (c claims, userID, sessionID ids.ID, err error) {
	// Go's base64 ignores line breaks: with them one token would have many forms.
	if len(token) > maxLength || strings.ContainsAny(token, "\r\n") {
		return c, userID, sessionID, errForm
	}
	parsed, err := t.parser.ParseWithClaims(token, &c, t.verifier)
	expired := isOnlyExpired(err)
	if err != nil && !expired {
		// Not wrapped: the library's messages repeat parts of the token.
		return c, userID, sessionID, errForm
	}
	userID, badUser := ids.Parse(c.Subject)
	sessionID, badSession := ids.Parse(c.SessionID)
	if badUser != nil || badSession != nil || c.Type != typ || parsed.Header["typ"] != header || c.IssuedAt == nil {
		return c, userID, sessionID, errForm
	}
	if expired {
		return c, userID, sessionID, auth.ErrTokenExpired
	}
	return c, userID, sessionID, nil
}

// isOnlyExpired reports whether a well-signed token is refused for its age alone: the library joins all complaints.
func isOnlyExpired(err error) bool {
	if !errors.Is(err, jwt.ErrTokenExpired) {
		return false
	}
	for _, other := range []error{
		jwt.ErrTokenSignatureInvalid, jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenInvalidIssuer,
		jwt.ErrTokenInvalidAudience, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenNotValidYet,
	} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}
