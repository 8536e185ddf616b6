package jwttoken

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

var (
	now    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	secret = []byte("the secret key of these tests, long enough")
	ada    = auth.Principal{UserID: ids.New(), SessionID: ids.New(), Role: auth.RoleUser}
)

func at(moment time.Time) *Tokens {
	return New(Config{Secret: secret, AccessTTL: 15 * time.Minute}, func() time.Time { return moment }, ids.New)
}

func record() domain.RefreshToken {
	return domain.RefreshToken{
		SessionID: ada.SessionID, Generation: 3, IssuedAt: now, ExpiresAt: now.Add(7 * 24 * time.Hour),
	}
}

func TestAnAccessTokenIsReadBack(t *testing.T) {
	t.Parallel()
	token := at(now).Access(ada, now.Add(900*time.Millisecond))
	p, err := at(now).ReadAccess(token)
	require.NoError(t, err)
	want := ada
	want.ExpiresAt = now.Add(15 * time.Minute)
	require.Equal(t, want, p)
	require.NotEqual(t, token, at(now).Access(ada, now), "each has an id of its own")
}

func TestARefreshTokenIsTheSameTextEachTime(t *testing.T) {
	t.Parallel()
	token := at(now).Refresh(ada.UserID, record())
	require.Equal(t, token, at(now.Add(time.Hour)).Refresh(ada.UserID, record()))

	p, err := at(now).ReadRefresh(token)
	require.NoError(t, err)
	require.Equal(t, ada.UserID, p.UserID)
	require.Equal(t, ada.SessionID, p.SessionID)
	require.EqualValues(t, 3, p.Generation)
	_, hash := at(now).RefreshHash(ada.SessionID, 3)
	require.Equal(t, hash, p.Hash)

	next := record()
	next.Generation++
	require.NotEqual(t, token, at(now).Refresh(ada.UserID, next))
	_, other := at(now).RefreshHash(ada.SessionID, 4)
	require.NotEqual(t, hash, other)
	_, foreign := at(now).RefreshHash(ids.New(), 3)
	require.NotEqual(t, hash, foreign)
}

func TestWhatIsKeptOfARefreshTokenIsNotInIt(t *testing.T) {
	t.Parallel()
	token := at(now).Refresh(ada.UserID, record())
	_, hash := at(now).RefreshHash(ada.SessionID, 3)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	require.NotContains(t, string(payload), base64.RawURLEncoding.EncodeToString(hash))
	require.NotContains(t, string(payload), string(hash))
	// The bytes of the secret sign; another key makes the secret part.
	other := New(Config{Secret: append([]byte("x"), secret...), AccessTTL: time.Minute}, time.Now, ids.New)
	_, elsewhere := other.RefreshHash(ada.SessionID, 3)
	require.NotEqual(t, hash, elsewhere)
	require.NotEqual(t, secret, at(now).refreshKey)
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	access, refresh := at(now).Access(ada, now), at(now).Refresh(ada.UserID, record())
	for _, c := range []struct {
		after time.Duration
		read  func(*Tokens) error
		want  error
	}{
		{15*time.Minute - time.Second, func(t *Tokens) error { _, err := t.ReadAccess(access); return err }, nil},
		{15 * time.Minute, func(t *Tokens) error { _, err := t.ReadAccess(access); return err }, auth.ErrTokenExpired},
		{7*24*time.Hour - time.Second, func(t *Tokens) error { _, err := t.ReadRefresh(refresh); return err }, nil},
		{7 * 24 * time.Hour, func(t *Tokens) error { _, err := t.ReadRefresh(refresh); return err }, auth.ErrTokenExpired},
	} {
		require.ErrorIs(t, c.read(at(now.Add(c.after))), c.want, "after %s", c.after)
	}
}

// forged makes a token of any header and claims, signed as the method says.
func forged(t *testing.T, method jwt.SigningMethod, key any, header string, payload jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, payload)
	token.Header["typ"] = header
	signed, err := token.SignedString(key)
	require.NoError(t, err)
	return signed
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	good := jwt.MapClaims{
		"iss": "fasttrack", "aud": []string{"fasttrack"}, "sub": ada.UserID.String(), "sid": ada.SessionID.String(),
		"jti": ids.New().String(), "typ": "access", "role": "user", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	with := func(changes jwt.MapClaims) jwt.MapClaims {
		c := maps.Clone(good)
		for name, value := range changes {
			if value == nil {
				delete(c, name)
			} else {
				c[name] = value
			}
		}
		return c
	}
	hs := func(c jwt.MapClaims) string { return forged(t, jwt.SigningMethodHS256, secret, "at+jwt", c) }
	tokens := at(now)
	_, err := tokens.ReadAccess(hs(good))
	require.NoError(t, err, "the pattern of all the others is a good one")

	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	real := tokens.Access(ada, now)
	parts := strings.Split(real, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	corpus := map[string]string{
		"empty": "", "dots": "..", "one dot": "a.b", "four parts": real + ".x", "not base64": "!.!.!",
		"alg none":              forged(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "at+jwt", good),
		"alg none, uppercase":   b64([]byte(`{"alg":"NONE","typ":"at+jwt"}`)) + "." + parts[1] + ".",
		"alg missing":           b64([]byte(`{"typ":"at+jwt"}`)) + "." + parts[1] + "." + parts[2],
		"alg a number":          b64([]byte(`{"alg":7,"typ":"at+jwt"}`)) + "." + parts[1] + "." + parts[2],
		"HS384, same key":       forged(t, jwt.SigningMethodHS384, secret, "at+jwt", good),
		"HS512, same key":       forged(t, jwt.SigningMethodHS512, secret, "at+jwt", good),
		"RS256":                 forged(t, jwt.SigningMethodRS256, rsaKey, "at+jwt", good),
		"other key":             forged(t, jwt.SigningMethodHS256, []byte("another secret key, also long enough"), "at+jwt", good),
		"empty key":             forged(t, jwt.SigningMethodHS256, []byte{}, "at+jwt", good),
		"derived key":           forged(t, jwt.SigningMethodHS256, tokens.refreshKey, "at+jwt", good),
		"no signature":          parts[0] + "." + parts[1] + ".",
		"other payload":         parts[0] + "." + b64([]byte(`{"sub":"x"}`)) + "." + parts[2],
		"padded":                real + "=",
		"with a line":           real + "\n",
		"header typ JWT":        forged(t, jwt.SigningMethodHS256, secret, "JWT", good),
		"header typ of refresh": forged(t, jwt.SigningMethodHS256, secret, "rt+jwt", good),
		"claim typ of refresh":  hs(with(jwt.MapClaims{"typ": "refresh"})),
		"claim typ missing":     hs(with(jwt.MapClaims{"typ": nil})),
		"refresh as access":     tokens.Refresh(ada.UserID, record()),
		"exp missing":           hs(with(jwt.MapClaims{"exp": nil})),
		"exp a word":            hs(with(jwt.MapClaims{"exp": "never"})),
		"iat missing":           hs(with(jwt.MapClaims{"iat": nil})),
		"iss missing":           hs(with(jwt.MapClaims{"iss": nil})),
		"iss of others":         hs(with(jwt.MapClaims{"iss": "elsewhere"})),
		"aud missing":           hs(with(jwt.MapClaims{"aud": nil})),
		"aud of others":         hs(with(jwt.MapClaims{"aud": "elsewhere"})),
		"expired, of others":    hs(with(jwt.MapClaims{"iss": "elsewhere", "exp": now.Add(-time.Hour).Unix()})),
		"expired, without aud":  hs(with(jwt.MapClaims{"aud": nil, "exp": now.Add(-time.Hour).Unix()})),
		"expired, of no type":   hs(with(jwt.MapClaims{"typ": nil, "exp": now.Add(-time.Hour).Unix()})),
		"not yet":               hs(with(jwt.MapClaims{"nbf": now.Add(time.Hour).Unix()})),
		"sub missing":           hs(with(jwt.MapClaims{"sub": nil})),
		"sub not an id":         hs(with(jwt.MapClaims{"sub": "admin"})),
		"sid missing":           hs(with(jwt.MapClaims{"sid": nil})),
		"sid a number":          hs(with(jwt.MapClaims{"sid": 7})),
		"role unknown":          hs(with(jwt.MapClaims{"role": "root"})),
		"role missing":          hs(with(jwt.MapClaims{"role": nil})),
		"huge":                  hs(with(jwt.MapClaims{"jti": strings.Repeat("x", 1<<20)})),
	}
	for name, token := range corpus {
		p, err := tokens.ReadAccess(token)
		require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
		require.Zero(t, p, name)
		if len(token) > 20 {
			require.NotContains(t, err.Error(), token[:20], name)
		}
	}
	for i := range real {
		_, err := tokens.ReadAccess(real[:i])
		require.ErrorIs(t, err, auth.ErrUnauthenticated, "cut at %d", i)
		flipped := []byte(real)
		flipped[i] ^= 1
		_, err = tokens.ReadAccess(string(flipped))
		require.ErrorIs(t, err, auth.ErrUnauthenticated, "changed at %d", i)
	}
}

func TestForgedRefreshTokensAreRefused(t *testing.T) {
	t.Parallel()
	tokens := at(now)
	real := tokens.Refresh(ada.UserID, record())
	good := jwt.MapClaims{
		"iss": "fasttrack", "aud": []string{"fasttrack"}, "sub": ada.UserID.String(), "sid": ada.SessionID.String(),
		"typ": "refresh", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	corpus := map[string]string{
		"access as refresh": tokens.Access(ada, now), "cut": real[:len(real)-1],
		"alg none": forged(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "rt+jwt", good),
	}
	for _, id := range []string{"", "x", ".", "0.x", "-1.x", "9223372036854775808.x", "1e3.x"} {
		c := maps.Clone(good)
		c["jti"] = id
		corpus[fmt.Sprintf("jti %q", id)] = forged(t, jwt.SigningMethodHS256, secret, "rt+jwt", c)
	}
	for name, token := range corpus {
		_, err := tokens.ReadRefresh(token)
		require.ErrorIs(t, err, domain.ErrBadRefreshToken, name)
	}
}

func TestTokensOfAnotherDeploymentAreRefused(t *testing.T) {
	t.Parallel()
	other := New(Config{Secret: secret, Issuer: "a", Audience: "b", AccessTTL: time.Minute}, func() time.Time { return now }, ids.New)
	_, err := at(now).ReadAccess(other.Access(ada, now))
	require.ErrorIs(t, err, auth.ErrUnauthenticated)
	_, err = other.ReadAccess(at(now).Access(ada, now))
	require.ErrorIs(t, err, auth.ErrUnauthenticated)
}

func TestThereIsNoTokenWithoutASecret(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { New(Config{}, time.Now, ids.New) })
}

func FuzzRead(f *testing.F) {
	tokens := at(now)
	f.Add(tokens.Access(ada, now))
	f.Add(tokens.Refresh(ada.UserID, record()))
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := tokens.ReadAccess(token); err != nil && !errors.Is(err, auth.ErrTokenExpired) {
			require.ErrorIs(t, err, auth.ErrUnauthenticated)
		}
		if _, err := tokens.ReadRefresh(token); err != nil && !errors.Is(err, auth.ErrTokenExpired) {
			require.ErrorIs(t, err, domain.ErrBadRefreshToken)
		}
	})
}

func BenchmarkReadAccess(b *testing.B) {
	tokens := at(now)
	token := tokens.Access(ada, now)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.ReadAccess(token); err != nil {
			b.Fatal(err)
		}
	}
}
