package e2e

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/keyring"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
	"fasttrack/shared/clock"
)

// keyFile makes a file of keys whose first key signs after a while.
func keyFile(t *testing.T, made time.Time, after time.Duration) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.json")
	set, err := keyring.Generate(made, after)
	require.NoError(t, err)
	require.NoError(t, keyring.Create(t.Context(), path, set))
	return path
}

// kidOf returns which key signed a token: empty for the secret.
func kidOf(token string) string {
	var header struct {
		Kid string `json:"kid"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil || json.Unmarshal(raw, &header) != nil {
		return "not a token"
	}
	return header.Kid
}

// jwks reads the public keys of a program, as other programs would.
func jwks(t *testing.T, c *harness.Client) map[string]map[string]string {
	t.Helper()
	a := c.Do("GET", "/.well-known/jwks.json", nil).Wants(200)
	require.Equal(t, "public, max-age=30", a.Header.Get("Cache-Control"))
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	set := harness.Into[struct {
		Keys []map[string]string `json:"keys"`
	}](a)
	require.NotNil(t, set.Keys)
	byID := map[string]map[string]string{}
	for _, k := range set.Keys {
		byID[k["kid"]] = k
	}
	return byID
}

func TestPublicKeysVerifyTokensElsewhere(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		path := keyFile(t, time.Now().Add(-time.Hour), time.Minute)
		p := harness.Start(t, url, harness.Configure(func(c *config.Config) { c.JWTSigningKeys = path }))
		ann := p.Register("Ann")
		key := jwks(t, p.Client)[kidOf(ann.Tokens.AccessToken)]
		require.Equal(t, map[string]string{
			"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key["kid"], "x": key["x"],
		}, key, "and no private part")
		public, err := base64.RawURLEncoding.DecodeString(key["x"])
		require.NoError(t, err)
		for _, token := range []string{ann.Tokens.AccessToken, ann.Tokens.RefreshToken} {
			_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return ed25519.PublicKey(public), nil },
				jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer("fasttrack"), jwt.WithAudience("fasttrack"))
			require.NoError(t, err)
		}
		next := ann.Refresh(t)
		p.With(next.AccessToken).Get("/users/me").Wants(200)
		require.Equal(t, next.RefreshToken, ann.Refresh(t).RefreshToken, "made again, it is the same")
	})
}

func TestWithASecretThereIsNoPublicKey(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	require.Empty(t, jwks(t, p.Client))
	require.Empty(t, kidOf(p.Register("Ann").Tokens.AccessToken))
}

func TestAFileOfKeysThatCannotBeUsedStopsTheStart(t *testing.T) {
	t.Parallel()
	path := keyFile(t, time.Now(), time.Minute)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, content[:len(content)/2], 0o600))
	_, err = harness.TryStart(t, dbtest.URL(t, database.SQLite),
		harness.Configure(func(c *config.Config) { c.JWTSigningKeys = path }))
	require.ErrorContains(t, err, "JWT_SIGNING_KEYS")
	require.ErrorContains(t, err, path)
}

// TestKeysRotateUnderLoadWithoutA401: two real nodes go from the secret to a first key and from that to a second one,
// and read the file seconds apart, while many use them. Nobody is refused.
func TestKeysRotateUnderLoadWithoutA401(t *testing.T) {
	t.Parallel()
	const published = 6 * time.Second
	url := dbtest.URL(t, database.Postgres)
	path := keyFile(t, clock.System(), published)
	nodes := []*harness.Process{
		harness.Launch(t, url, "JWT_SIGNING_KEYS="+path), harness.Launch(t, url, "JWT_SIGNING_KEYS="+path),
	}
	load := startLoad(t, nodes)
	first := newest(t, path)
	load.waitFor(first)

	_, err := keyring.Update(t.Context(), path, func(s keyring.Set) (keyring.Set, error) {
		return s.Rotate(clock.System(), published, 7*24*time.Hour)
	})
	require.NoError(t, err)
	second := newest(t, path)
	nodes[0].Signal(syscall.SIGHUP)
	require.Eventually(t, func() bool { return len(jwks(t, nodes[0].Client)) == 2 }, harness.Patience, 10*time.Millisecond)
	require.Len(t, jwks(t, nodes[1].Client), 1, "the other node has not read the file yet")
	nodes[1].Signal(syscall.SIGHUP)
	load.waitFor(second)
	answers := load.stop()
	t.Logf("answers by status: %v", answers)
	require.Equal(t, []int{200}, keysOf(answers), "%v", answers)
	require.Contains(t, jwks(t, nodes[1].Client), first, "it still verifies")
}

func newest(t *testing.T, path string) string {
	t.Helper()
	set, err := keyring.Read(path)
	require.NoError(t, err)
	keys := set.Keys()
	return keys[len(keys)-1].ID
}

func keysOf(counts map[int]int) (keys []int) {
	for k := range counts {
		keys = append(keys, k)
	}
	return keys
}

// load is many clients who use nodes in turn and refresh their tokens again and again.
type load struct {
	t       *testing.T
	nodes   []*harness.Process
	answers statuses
	ended   chan struct{}
	running sync.WaitGroup

	mu   sync.Mutex
	seen map[string]map[int]int // key → node → how often it signed
}

func startLoad(t *testing.T, nodes []*harness.Process) *load {
	l := &load{t: t, nodes: nodes, ended: make(chan struct{}), seen: map[string]map[int]int{}}
	for range 4 {
		person := nodes[0].Register("Load")
		l.running.Go(func() { l.use(person.Tokens) })
	}
	t.Cleanup(func() { l.stop() })
	return l
}

func (l *load) use(tokens harness.Tokens) {
	for i := 0; ; i++ {
		select {
		case <-l.ended:
			return
		default:
		}
		n := rand.IntN(len(l.nodes))
		if i%5 > 0 {
			a, err := l.nodes[n].With(tokens.AccessToken).Try("GET", "/api/v1/users/me", nil)
			l.answers.count(l.t, a, err)
			continue
		}
		a, err := l.nodes[n].Try("POST", "/api/v1/auth/refresh", map[string]any{"refresh_token": tokens.RefreshToken})
		if l.answers.count(l.t, a, err) != http.StatusOK {
			assert.Fail(l.t, "refused", "%+v", a)
			return
		}
		tokens = harness.Into[harness.Tokens](a)
		l.signed(kidOf(tokens.AccessToken), n)
	}
}

func (l *load) signed(kid string, node int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[kid] == nil {
		l.seen[kid] = map[int]int{}
	}
	l.seen[kid][node]++
}

// waitFor waits until each node has signed with a key for a while.
func (l *load) waitFor(kid string) {
	l.t.Helper()
	require.Eventually(l.t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for n := range l.nodes {
			if l.seen[kid][n] < 20 {
				return false
			}
		}
		return true
	}, 6*harness.Patience, 20*time.Millisecond, "a key does not come into use")
}

func (l *load) stop() map[int]int {
	select {
	case <-l.ended:
	default:
		close(l.ended)
	}
	l.running.Wait()
	return l.answers.seen
}
