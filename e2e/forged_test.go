package e2e

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// TestForgedTokensAreRefusedEverywhere: whatever is wrong with a token, each way into the program says 401 with the
// code that the contract has, before anything else happens. The rules one by one are tests of identity's jwttoken.
func TestForgedTokensAreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]harness.Option{
		"secret": nil,
		"keys": {harness.Configure(func(c *config.Config) {
			c.JWTSigningKeys = keyFile(t, time.Now().Add(-time.Hour), time.Minute)
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := harness.Start(t, dbtest.URL(t, database.SQLite), options...)
			ann := p.Register("Ann")
			socket := ann.Socket("")
			for what, token := range forgeries(t, p, ann) {
				code := "unauthenticated"
				if strings.HasPrefix(what, "expired") {
					code = "token_expired"
				}
				refusedByREST(t, p, what, token, code)
				refusedBySocket(t, p, what, token)
				if len(token) > 4000 { // a longer message closes the socket, whatever it says
					continue
				}
				socket.Send(string(marshal(t, map[string]any{"type": "authenticate", "token": token})))
				require.Equal(t, code, socket.Expect("error").Data["code"], what)
			}
			for i := range len(ann.Tokens.AccessToken) {
				a := p.With(ann.Tokens.AccessToken[:i]).Get("/users/me")
				require.Equal(t, 401, a.Status, "cut at %d", i)
			}
			for i := range len(ann.Tokens.RefreshToken) {
				a := p.Post("/auth/refresh", map[string]any{"refresh_token": ann.Tokens.RefreshToken[:i]})
				require.Equal(t, 401, a.Status, "cut at %d", i)
			}
			ann.Get("/users/me").Wants(200) // none of it harmed the session
			p.With(ann.Refresh(t).AccessToken).Get("/users/me").Wants(200)
			require.Empty(t, p.Log.Lines("level=ERROR"))
		})
	}
}

// refusedByREST presents a token wherever REST takes one.
func refusedByREST(t *testing.T, p *harness.Program, what, token, code string) {
	t.Helper()
	if !strings.ContainsAny(token, "\r\n\x00") && token != "" { // those no header can have
		a := p.With(token).Get("/users/me")
		if len(token) < 1<<14 {
			require.Equal(t, code, a.WantsProblem(401, code).Code, what)
			require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer", what)
		} else {
			require.Contains(t, []int{401, 431}, a.Status, what)
		}
	}
	body := map[string]any{"refresh_token": token}
	a := p.Post("/auth/refresh", body)
	require.Equal(t, 401, a.Status, "%s: %s", what, a.Body)
	a = p.Post("/auth/logout", body)
	require.Equal(t, 401, a.Status, "%s: %s", what, a.Body)
}

// refusedBySocket presents a token in each way in which the socket takes one: it is refused before the upgrade.
func refusedBySocket(t *testing.T, p *harness.Program, what, token string) {
	t.Helper()
	if len(token) > 1<<14 || strings.ContainsAny(token, "\r\n\x00 ") || token == "" {
		return
	}
	url := "ws" + strings.TrimPrefix(p.URL, "http") + "/ws"
	for _, dial := range []func() (*http.Response, error){
		func() (*http.Response, error) {
			_, r, err := websocket.DefaultDialer.Dial(url+"?token="+token, nil)
			return r, err
		},
		func() (*http.Response, error) {
			_, r, err := websocket.DefaultDialer.Dial(url, http.Header{"Authorization": {"Bearer " + token}})
			return r, err
		},
		func() (*http.Response, error) {
			d := websocket.Dialer{Subprotocols: []string{"fasttrack.v1", "bearer." + token}}
			_, r, err := d.Dial(url, nil)
			return r, err
		},
	} {
		r, err := dial()
		require.ErrorIs(t, err, websocket.ErrBadHandshake, what)
		require.Equal(t, 401, r.StatusCode, what)
	}
}

// forgeries are tokens that somebody might try who knows all but the keys, and some that only a mistake of ours could
// make: well signed, and yet not good.
func forgeries(t *testing.T, p *harness.Program, ann *harness.Person) map[string]string {
	t.Helper()
	now := time.Now()
	good := jwt.MapClaims{
		"iss": "fasttrack", "aud": []string{"fasttrack"}, "sub": ann.ID, "sid": claim(t, ann.Tokens.AccessToken, "sid"),
		"jti": "x", "typ": "access", "role": "admin", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	sign := func(method jwt.SigningMethod, key any, header, claims map[string]any) string {
		t.Helper()
		c := maps.Clone(good)
		maps.Copy(c, claims)
		maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
		token := jwt.NewWithClaims(method, c)
		token.Header["typ"] = "at+jwt"
		maps.Copy(token.Header, header)
		signed, err := token.SignedString(key)
		require.NoError(t, err)
		return signed
	}
	secret := []byte(harness.SecretKey) // it verifies beside keys as well, for as long as what it signed may live
	ours := func(header, claims map[string]any) string {
		return sign(jwt.SigningMethodHS256, secret, header, claims)
	}
	p.With(ours(nil, map[string]any{"role": "user"})).Get("/users/me").Wants(200) // what all of them are forged from

	_, own, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	real := ann.Tokens.AccessToken
	parts := strings.Split(real, ".")
	past := now.Add(-time.Hour).Unix()
	all := map[string]string{
		"nothing": "", "nonsense": "nonsense", "two parts": parts[0] + "." + parts[1], "oversized": strings.Repeat("x", 1<<15),
		"none":                 sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"stripped":             parts[0] + "." + parts[1] + ".",
		"doubled":              real + "." + real,
		"a segment twice":      parts[0] + "." + parts[1] + "." + parts[1] + "." + parts[2],
		"another secret":       sign(jwt.SigningMethodHS256, []byte("another secret that is long enough"), nil, nil),
		"another key":          sign(jwt.SigningMethodEdDSA, own, map[string]any{"kid": kidOf(real)}, nil),
		"HS512":                sign(jwt.SigningMethodHS512, secret, nil, nil),
		"embedded jwk":         sign(jwt.SigningMethodEdDSA, own, map[string]any{"jwk": map[string]any{"kty": "OKP"}}, nil),
		"jku":                  ours(map[string]any{"jku": "https://elsewhere.example/jwks.json"}, nil),
		"crit":                 ours(map[string]any{"crit": []string{"exp"}}, nil),
		"unknown kid":          ours(map[string]any{"kid": "unknown"}, nil),
		"kid as a path":        sign(jwt.SigningMethodHS256, []byte{}, map[string]any{"kid": "../../dev/null"}, nil),
		"kid as SQL":           sign(jwt.SigningMethodHS256, []byte("x"), map[string]any{"kid": "' UNION SELECT 'x"}, nil),
		"no exp":               ours(nil, map[string]any{"exp": nil}),
		"not yet":              ours(nil, map[string]any{"nbf": now.Add(time.Hour).Unix()}),
		"another issuer":       ours(nil, map[string]any{"iss": "elsewhere"}),
		"another audience":     ours(nil, map[string]any{"aud": "elsewhere"}),
		"another type":         ours(map[string]any{"typ": "JWT"}, nil),
		"another kind":         ours(nil, map[string]any{"typ": "id"}),
		"old, another issuer":  ours(nil, map[string]any{"exp": past, "iss": "elsewhere"}),
		"half access, refresh": ours(map[string]any{"typ": "rt+jwt"}, nil),
	}
	for kid, key := range jwks(t, p.Client) {
		public, err := base64.RawURLEncoding.DecodeString(key["x"])
		require.NoError(t, err)
		named := map[string]any{"kid": kid}
		all["the public key as a secret"] = sign(jwt.SigningMethodHS256, public, named, nil)
		all["the public key's text as a secret"] = sign(jwt.SigningMethodHS256, []byte(key["x"]), named, nil)
		all["the public key as a secret, unnamed"] = sign(jwt.SigningMethodHS256, public, nil, nil)
		all["the secret under a key's name"] = sign(jwt.SigningMethodHS256, secret, named, nil)
	}
	return all
}

// claim returns one text of a token.
func claim(t *testing.T, token, name string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(raw, &claims))
	text, _ := claims[name].(string)
	return text
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}

// TestEachKindOfTokenIsOnlyItself: a refresh token opens nothing, an access token refreshes nothing.
func TestEachKindOfTokenIsOnlyItself(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	ann := p.Register("Ann")
	p.With(ann.Tokens.RefreshToken).Get("/users/me").WantsProblem(401, "unauthenticated")
	refusedBySocket(t, p, "a refresh token", ann.Tokens.RefreshToken)
	access := map[string]any{"refresh_token": ann.Tokens.AccessToken}
	p.Post("/auth/refresh", access).WantsProblem(401, "unauthenticated")
	p.Post("/auth/logout", access).WantsProblem(401, "unauthenticated")
	ann.Get("/users/me").Wants(200)
}
