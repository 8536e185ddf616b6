package jwttoken

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/keyring"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// The rules of RFC 8725 (JSON Web Token Best Current Practices), section by section, against each way of signing. A
// test is named after its section: TestRFC8725_3_1 is of section 3.1. Section 3.2, good algorithms, is kept by what 3.1
// leaves: HS256 and EdDSA. Section 3.7, UTF-8, is that of encoding/json.

// signing is one way of signing tokens, as whoever forges one sees it.
type signing struct {
	*Tokens
	method jwt.SigningMethod
	key    any            // what really signs
	header map[string]any // what really stands in an access token's
	public ed25519.PublicKey
}

const life = 7 * 24 * time.Hour

// eachSigning runs the test with the secret alone, with a ring beside which the secret still verifies, and with a ring
// that has outlived the secret.
func eachSigning(t *testing.T, test func(t *testing.T, s signing)) {
	t.Helper()
	t.Run("secret", func(t *testing.T) {
		t.Parallel()
		test(t, signing{
			Tokens: at(now), method: jwt.SigningMethodHS256, key: secret,
			header: map[string]any{"alg": "HS256", "typ": headerAccess},
		})
	})
	for name, age := range map[string]time.Duration{"young ring": time.Hour, "old ring": 10 * life} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens, key := withRing(t, age)
			test(t, signing{
				Tokens: tokens, method: jwt.SigningMethodEdDSA, key: key.Private, public: key.Public(),
				header: map[string]any{"alg": "EdDSA", "typ": headerAccess, "kid": key.ID},
			})
		})
	}
}

// withRing returns tokens that a ring signs, which was made some time ago and rotated half way, and its key.
func withRing(t *testing.T, age time.Duration) (*Tokens, keyring.Key) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	set, err := keyring.Generate(now.Add(-age), keyring.PublishFor)
	require.NoError(t, err)
	set, err = set.Rotate(now.Add(-age/2), keyring.PublishFor, life)
	require.NoError(t, err)
	require.NoError(t, keyring.Create(t.Context(), path, set))
	clock := func() time.Time { return now }
	ring, err := keyring.Open(keyring.Config{Path: path, Life: life}, clock, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return New(Config{Secret: secret, Ring: ring, AccessTTL: 15 * time.Minute}, clock, ids.New), set.Signer(now)
}

// claims are those of a good access token.
func (s signing) claims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "fasttrack", "aud": []string{"fasttrack"}, "sub": ada.UserID.String(), "sid": ada.SessionID.String(),
		"jti": ids.New().String(), "typ": "access", "role": "user", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

// forge makes a token; changes alter the header and the claims, nil removes a member.
func (s signing) forge(t *testing.T, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(altered(s.claims(), claims)))
	token.Header = altered(s.header, header)
	signed, err := token.SignedString(key)
	require.NoError(t, err)
	return signed
}

// own makes a token that is signed as ours are.
func (s signing) own(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	return s.forge(t, s.method, s.key, header, claims)
}

func altered[M ~map[string]any](of M, changes map[string]any) map[string]any {
	changed := maps.Clone(map[string]any(of))
	for name, value := range changes {
		changed[name] = value
		if value == nil {
			delete(changed, name)
		}
	}
	return changed
}

// refuses requires that a token is taken neither for an access token nor for a refresh token.
func (s signing) refuses(t *testing.T, what, token string) {
	t.Helper()
	p, err := s.ReadAccess(token)
	require.ErrorIs(t, err, auth.ErrUnauthenticated, "%s, as an access token", what)
	require.Zero(t, p)
	r, err := s.ReadRefresh(token)
	require.ErrorIs(t, err, domain.ErrBadRefreshToken, "%s, as a refresh token", what)
	require.Zero(t, r)
}

// The pattern of all forged tokens is a good one: what refuses them is what is wrong with them.
func TestWhatTokensAreForgedFromIsGood(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		p, err := s.ReadAccess(s.own(t, nil, nil))
		require.NoError(t, err)
		require.Equal(t, ada.UserID, p.UserID)
		var header map[string]any
		encoded, _, _ := strings.Cut(s.Access(ada, now), ".")
		raw, err := base64.RawURLEncoding.DecodeString(encoded)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &header))
		require.Equal(t, s.header, header)
	})
}

// The algorithm is that of the key, whatever the token says.
func TestRFC8725_3_1_TheAlgorithmIsVerified(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
			parts := strings.Split(s.own(t, nil, nil), ".")
			header := altered(s.header, map[string]any{"alg": alg})
			s.refuses(t, "alg "+alg, encoded(t, header)+"."+parts[1]+".")
			s.refuses(t, "alg "+alg+", signed", encoded(t, header)+"."+parts[1]+"."+parts[2])
		}
		for _, method := range []*jwt.SigningMethodHMAC{jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
			s.refuses(t, method.Name, s.forge(t, method, secret, map[string]any{"alg": method.Name, "kid": nil}, nil))
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		s.refuses(t, "ES256", s.forge(t, jwt.SigningMethodES256, key, map[string]any{"alg": "ES256"}, nil))
		for _, alg := range []any{7, nil, []string{"HS256"}, map[string]any{}} {
			parts := strings.Split(s.own(t, nil, nil), ".")
			s.refuses(t, "alg of a strange type", encoded(t, altered(s.header, map[string]any{"alg": alg}))+"."+parts[1]+"."+parts[2])
		}
	})
}

// A public key is known to everybody: whatever form of it signs with HMAC, it is no secret.
func TestRFC8725_2_1_APublicKeyIsNoSecret(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		if s.public == nil {
			t.Skip("there is no public key")
		}
		der, err := x509.MarshalPKIXPublicKey(s.public)
		require.NoError(t, err)
		x := base64.RawURLEncoding.EncodeToString(s.public)
		for name, key := range map[string][]byte{
			"raw": s.public, "base64url": []byte(x), "DER": der,
			"PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
			"JWK": []byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`), "empty": {},
		} {
			for _, header := range []map[string]any{{"alg": "HS256"}, {"alg": "HS256", "kid": nil}, {"alg": "HS256", "kid": keyring.SecretID}} {
				s.refuses(t, name, s.forge(t, jwt.SigningMethodHS256, key, header, nil))
			}
		}
	})
}

// A key is used with one algorithm only, and the secret, where it verifies, without a name.
func TestRFC8725_3_1_AKeyHasOneAlgorithm(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		s.refuses(t, "the secret under another key's name",
			s.forge(t, jwt.SigningMethodHS256, secret, map[string]any{"alg": "HS256", "kid": "a-key"}, nil))
		s.refuses(t, "the secret under its own name",
			s.forge(t, jwt.SigningMethodHS256, secret, map[string]any{"alg": "HS256", "kid": keyring.SecretID}, nil))
		if s.public == nil {
			return
		}
		s.refuses(t, "the secret under the name of a key of the ring",
			s.forge(t, jwt.SigningMethodHS256, secret, map[string]any{"alg": "HS256"}, nil))
		s.refuses(t, "a key of the ring without its name", s.own(t, map[string]any{"kid": nil}, nil))
		s.refuses(t, "a key of the ring under the secret's name", s.own(t, map[string]any{"kid": keyring.SecretID}, nil))
	})
}

// A signature that is missing, cut, changed or of somebody else is none.
func TestRFC8725_3_3_EverySignatureIsVerified(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		real := s.Access(ada, now)
		parts := strings.Split(real, ".")
		_, other, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		for name, token := range map[string]string{
			"stripped": parts[0] + "." + parts[1] + ".", "stripped with its dot": parts[0] + "." + parts[1],
			"of another token":   parts[0] + "." + parts[1] + "." + strings.Split(s.Access(ada, now), ".")[2],
			"other payload":      parts[0] + "." + encoded(t, s.claims()) + "." + parts[2],
			"the header twice":   parts[0] + "." + real,
			"the payload twice":  parts[0] + "." + parts[1] + "." + parts[1] + "." + parts[2],
			"the whole twice":    real + "." + real,
			"another secret":     s.forge(t, jwt.SigningMethodHS256, []byte("another secret, also long enough"), map[string]any{"alg": "HS256", "kid": nil}, nil),
			"another key":        s.forge(t, jwt.SigningMethodEdDSA, other, map[string]any{"alg": "EdDSA"}, nil),
			"the derived key":    s.forge(t, jwt.SigningMethodHS256, s.refreshKey, map[string]any{"alg": "HS256", "kid": nil}, nil),
			"a refresh's secret": s.forge(t, jwt.SigningMethodHS256, []byte(s.refreshSecret(ada.SessionID, 1)), map[string]any{"alg": "HS256", "kid": nil}, nil),
		} {
			s.refuses(t, name, token)
		}
		for i := range real {
			s.refuses(t, "cut", real[:i])
			s.refuses(t, "without its beginning", real[i+1:])
			changed := []byte(real)
			changed[i] ^= 1
			s.refuses(t, "changed", string(changed))
		}
	})
}

// One token has one form: no other text is taken for it.
func TestRFC8725_3_3_ATokenHasOneForm(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		real := s.Access(ada, now)
		last := len(real) - 1
		alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		sameBits := real[:last] + string(alphabet[strings.IndexByte(alphabet, real[last])^1]) // bits that no byte has
		for name, token := range map[string]string{
			"padded": real + "=", "a line behind": real + "\n", "a line within": real[:40] + "\r\n" + real[40:],
			"a blank before": " " + real, "spare bits": sameBits, "zero behind": real + "\x00",
		} {
			s.refuses(t, name, token)
		}
	})
}

func TestRFC8725_3_4_WhatIsNoTokenIsRefused(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		huge := s.own(t, nil, map[string]any{"jti": strings.Repeat("x", 1<<20)})
		for name, token := range map[string]string{
			"nothing": "", "dots": "..", "one dot": "a.b", "many dots": strings.Repeat(".", 1<<16), "not base64": "!.!.!",
			"not JSON": encoded(t, "x") + "." + encoded(t, 1) + ".eA", "huge": huge, "not UTF-8": "\xff.\xfe.\xfd",
			"five parts, as an encrypted one": "a.b.c.d.e",
		} {
			s.refuses(t, name, token)
		}
	})
}

// Section 3.5 (keys of sufficient entropy) is kept where keys are made and configured: fasttrack keys uses the system's
// generator, and SECRET_KEY has 32 bytes at least; see bootstrap/config.
func TestRFC8725_3_5_ThereIsNoWeakKey(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { New(Config{}, time.Now, ids.New) })
}

// Nothing is compressed, nothing is critical, and no other extension is understood.
func TestRFC8725_3_6_UnknownHeadersAreRefused(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		for name, value := range map[string]any{
			"zip": "DEF", "crit": []string{"exp"}, "b64": false, "cty": "JWT", "enc": "A256GCM", "exp": 1, "nonce": "x",
		} {
			s.refuses(t, name, s.own(t, map[string]any{name: value}, nil))
		}
		s.refuses(t, "crit of nothing", s.own(t, map[string]any{"crit": []string{}}, nil))
	})
}

func TestRFC8725_3_8_IssuerAndSubjectAreValidated(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		for _, c := range []map[string]any{
			{"iss": nil},
			{"iss": ""},
			{"iss": "elsewhere"},
			{"iss": "FASTTRACK"},
			{"iss": []string{"fasttrack"}},
			{"sub": nil},
			{"sub": ""},
			{"sub": "admin"},
			{"sub": 7},
			{"sub": ada.UserID.String() + " "},
			{"sid": nil},
			{"sid": "x"},
			{"sid": 7},
			{"role": "root"},
			{"role": nil},
			{"role": []string{"admin"}},
		} {
			s.refuses(t, "claims", s.own(t, nil, c))
		}
	})
}

func TestRFC8725_3_9_TheAudienceIsValidated(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		for _, aud := range []any{nil, "", "elsewhere", []string{}, []string{"elsewhere", "others"}, 7} {
			s.refuses(t, "aud", s.own(t, nil, map[string]any{"aud": aud}))
		}
	})
}

// No key and no address of one is taken from a token, and the name of a key is only compared.
func TestRFC8725_3_10_HeadersAreNotTrusted(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public)}
	eachSigning(t, func(t *testing.T, s signing) {
		for name, header := range map[string]map[string]any{
			"jwk": {"jwk": jwk}, "jku": {"jku": "https://elsewhere.example/jwks.json"}, "x5u": {"x5u": "https://elsewhere.example/c"},
			"x5c": {"x5c": []string{"MII"}}, "x5t": {"x5t": "x"}, "jwk without kid": {"jwk": jwk, "kid": nil},
		} {
			s.refuses(t, name+", signed by its key", s.forge(t, jwt.SigningMethodEdDSA, private, altered(header, map[string]any{"alg": "EdDSA"}), nil))
			s.refuses(t, name+", signed by ours", s.own(t, header, nil))
		}
		for _, kid := range []any{
			"", "unknown", "../../../../dev/null", "/dev/null", "' OR '1'='1", "x' UNION SELECT 'key", "|whoami", "\x00", 7, true,
			[]string{"a"},
			map[string]any{"kid": "a"},
			strings.Repeat("k", 300),
		} {
			s.refuses(t, "kid", s.forge(t, jwt.SigningMethodHS256, []byte{}, map[string]any{"alg": "HS256", "kid": kid}, nil))
			s.refuses(t, "kid, signed by ours", s.own(t, map[string]any{"kid": kid}, nil))
		}
	})
}

// The type stands in the header and in the claims, and both count.
func TestRFC8725_3_11_TokensAreTypedExplicitly(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		for _, typ := range []any{nil, "", "JWT", "at+JWT", "application/at+jwt", 7} {
			s.refuses(t, "header typ", s.own(t, map[string]any{"typ": typ}, nil))
		}
		for _, typ := range []any{nil, "", "Access", "id", 7} {
			s.refuses(t, "claim typ", s.own(t, nil, map[string]any{"typ": typ}))
		}
	})
}

// What is good as one kind of token is bad as the other.
func TestRFC8725_3_12_KindsExcludeEachOther(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		r := record()
		r.KeyID, _ = s.RefreshHash(r.SessionID, r.Generation)
		_, err := s.ReadAccess(s.Refresh(ada.UserID, r))
		require.ErrorIs(t, err, auth.ErrUnauthenticated)
		_, err = s.ReadRefresh(s.Access(ada, now))
		require.ErrorIs(t, err, domain.ErrBadRefreshToken)
		s.refuses(t, "half and half", s.own(t, map[string]any{"typ": headerRefresh}, nil))
		s.refuses(t, "half and half", s.own(t, nil, map[string]any{"typ": typeRefresh}))
		_, err = s.ReadAccess(s.own(t, map[string]any{"typ": headerRefresh}, map[string]any{"typ": typeRefresh, "jti": "1.x"}))
		require.ErrorIs(t, err, auth.ErrUnauthenticated)
	})
}

// exp is demanded, nbf is honoured, and a token that is bad in another way is never said to have expired.
func TestTimesOfATokenAreValidated(t *testing.T) {
	t.Parallel()
	eachSigning(t, func(t *testing.T, s signing) {
		past := now.Add(-time.Hour).Unix()
		for _, c := range []map[string]any{
			{"exp": nil},
			{"exp": "never"},
			{"exp": []int{1}},
			{"iat": nil},
			{"nbf": now.Add(time.Hour).Unix()},
			{"nbf": now.Add(time.Hour).Unix(), "exp": past},
			{"exp": past, "iss": "elsewhere"},
			{"exp": past, "aud": nil},
			{"exp": past, "typ": nil},
			{"exp": past, "sub": "x"},
		} {
			s.refuses(t, "times", s.own(t, nil, c))
		}
		for _, exp := range []any{past, now.Unix(), 0, -1, 1e-9} {
			_, err := s.ReadAccess(s.own(t, nil, map[string]any{"exp": exp}))
			require.True(t, errors.Is(err, auth.ErrTokenExpired) || errors.Is(err, auth.ErrUnauthenticated), "%v: %v", exp, err)
		}
		_, err := s.ReadAccess(s.own(t, nil, map[string]any{"exp": past}))
		require.ErrorIs(t, err, auth.ErrTokenExpired)
		// However long it says that it lives, an access token is no older than the configured age.
		_, err = s.ReadAccess(s.own(t, nil, map[string]any{"exp": now.Add(life).Unix(), "iat": past}))
		require.ErrorIs(t, err, auth.ErrTokenExpired)
	})
}

// encoded returns a segment of a token.
func encoded(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(raw)
}
