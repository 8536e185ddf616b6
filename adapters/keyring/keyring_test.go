package keyring

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const week = 7 * 24 * time.Hour

// file makes a file of keys at noon.
func file(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.json")
	set, err := Generate(noon, PublishFor)
	require.NoError(t, err)
	require.NoError(t, Create(t.Context(), path, set))
	return path
}

// rotate rotates a file at a moment.
func rotate(t *testing.T, path string, at time.Time) Set {
	t.Helper()
	set, err := Update(t.Context(), path, func(s Set) (Set, error) { return s.Rotate(at, PublishFor, week) })
	require.NoError(t, err)
	return set
}

// states says what each key does.
func states(s Set, at time.Time) (all []string) {
	for _, k := range s.Keys() {
		all = append(all, s.State(k, at, week))
	}
	return all
}

// The rule: a key is published, then signs, then verifies for as long as what it signed may live, and is forgotten.
func TestTheLifeOfAKey(t *testing.T) {
	t.Parallel()
	path := file(t)
	first, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, []string{"signing", "published"}, states(first, noon))
	require.Equal(t, []string{"signing", "published"}, states(first, noon.Add(PublishFor-time.Second)))
	require.Equal(t, []string{"verifying", "signing"}, states(first, noon.Add(PublishFor)))
	require.Equal(t, []string{"verifying", "signing"}, states(first, noon.Add(10*week)), "until it is rotated")

	day := noon.Add(24 * time.Hour)
	second := rotate(t, path, day)
	require.Equal(t, []string{"verifying", "signing", "published"}, states(second, day))
	signs := day.Add(PublishFor)
	require.Equal(t, []string{"verifying", "verifying", "signing"}, states(second, signs))
	require.Equal(t, []string{"verifying", "verifying", "signing"}, states(second, signs.Add(week)))
	require.Equal(t, []string{"expired", "expired", "signing"}, states(second, signs.Add(week+margin+time.Second)))
	require.Equal(t, []string{"signing", "published"}, states(rotate(t, path, signs.Add(2*week)), signs.Add(2*week)))
}

func TestOneRotationAfterTheOther(t *testing.T) {
	t.Parallel()
	path := file(t)
	_, err := Update(t.Context(), path, func(s Set) (Set, error) { return s.Rotate(noon.Add(PublishFor/2), PublishFor, week) })
	require.ErrorIs(t, err, errWaiting)
	rotate(t, path, noon.Add(PublishFor))
}

// The secret signed before there was a file, and may sign again when there is to be none any more.
func TestBackToTheSecret(t *testing.T) {
	t.Parallel()
	path := file(t)
	_, err := Update(t.Context(), path, func(s Set) (Set, error) { return s.Leave(noon, PublishFor, week) })
	require.ErrorContains(t, err, "signs already")
	day := noon.Add(24 * time.Hour)
	set, err := Update(t.Context(), path, func(s Set) (Set, error) { return s.Leave(day, PublishFor, week) })
	require.NoError(t, err)
	require.Equal(t, []string{"signing", "published"}, states(set, day))
	require.Equal(t, SecretID, set.Signer(day.Add(PublishFor)).ID)
	require.Equal(t, []string{"verifying", "signing"}, states(set, day.Add(PublishFor)))
	again := rotate(t, path, day.Add(time.Hour))
	require.Equal(t, []string{"verifying", "signing", "published"}, states(again, day.Add(time.Hour)))
}

func TestAFileIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	path := file(t)
	written := rotate(t, path, noon.Add(time.Hour))
	read, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, written, read)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".keys-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAFileThatIsThereIsNotOverwritten(t *testing.T) {
	t.Parallel()
	path := file(t)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	set, err := Generate(noon, PublishFor)
	require.NoError(t, err)
	require.ErrorContains(t, Create(t.Context(), path, set), "is there already")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// A link to the file, as platforms that mount secrets make, stays one.
func TestALinkStaysALink(t *testing.T) {
	t.Parallel()
	path := file(t)
	link := filepath.Join(t.TempDir(), "link.json")
	require.NoError(t, os.Symlink(path, link))
	set := rotate(t, link, noon.Add(time.Hour))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
	read, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, set, read)
}

// Of many rotations at once one happens, and the others are told that its key waits to sign.
func TestTwoDoNotRotateAtOnce(t *testing.T) {
	t.Parallel()
	path := file(t)
	errs := make([]error, 8)
	var running sync.WaitGroup
	for i := range errs {
		running.Go(func() {
			_, errs[i] = Update(context.Background(), path, func(s Set) (Set, error) {
				return s.Rotate(noon.Add(time.Hour), PublishFor, week)
			})
		})
	}
	running.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		require.ErrorIs(t, err, errWaiting)
	}
	require.Equal(t, 1, done)
	set, err := Read(path)
	require.NoError(t, err)
	require.Len(t, set.Keys(), 3)
}

func TestNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	path := file(t)
	rotate(t, path, noon.Add(time.Hour))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	set, err := Read(path)
	require.NoError(t, err)
	key := set.Keys()[1]
	private := base64.RawURLEncoding.EncodeToString(key.Private.Seed())
	public := base64.RawURLEncoding.EncodeToString(key.Public())
	other, err := newKey(noon, PublishFor)
	require.NoError(t, err)

	replaced := func(old, with string) string {
		t.Helper()
		require.Contains(t, string(content), old)
		return strings.Replace(string(content), old, with, 1)
	}
	for name, c := range map[string]struct{ content, says string }{
		"empty":             {"", "not a set of keys"},
		"not JSON":          {"-----BEGIN PRIVATE KEY-----\n" + private, "not a set of keys"},
		"null":              {"null", "has no key"},
		"no key":            {`{"keys":[]}`, "has no key"},
		"more behind":       {string(content) + "{}", "more behind"},
		"cut":               {string(content[:len(content)/2]), "not a set of keys"},
		"unknown member":    {replaced(`"use"`, `"used"`), "not a set of keys"},
		"no times":          {replaced(`"created_at": "2026-03-01T12:00:00Z",`, ""), "needs created_at"},
		"a time that is no": {replaced("2026-03-01T12:00:00Z", "noon"), "not a set of keys"},
		"another use":       {replaced(`"sig"`, `"enc"`), "its use"},
		"another algorithm": {replaced(`"EdDSA"`, `"HS256"`), "only Ed25519"},
		"another curve":     {replaced(`"Ed25519"`, `"Ed448"`), "only Ed25519"},
		"another type":      {replaced(`"OKP"`, `"RSA"`), "only Ed25519"},
		"a bad name":        {replaced(key.ID, "../../etc/passwd"), "its kid"},
		"one name twice":    {replaced(set.Keys()[2].ID, key.ID), "twice"},
		"half a key":        {replaced(private, private[:20]), "is damaged"},
		"another's half":    {replaced(public, base64.RawURLEncoding.EncodeToString(other.Public())), "public part"},
		"a secret in it":    {replaced(`"kid": "secret-key",`, `"kid": "secret-key", "d": "x",`), "SECRET_KEY"},
		"signs too early":   {replaced(`"signs_from": "2026-03-01T12:01:00Z"`, `"signs_from": "2020-03-01T12:01:00Z"`), "before it was created"},
		"retired early": {
			replaced(`"retired_at": "2026-03-01T13:01:00Z"`, `"retired_at": "2026-03-01T12:00:00Z"`), "before the next one signs",
		},
		"two sign at once": {
			replaced(`"signs_from": "2026-03-01T12:01:00Z"`, `"signs_from": "2026-03-01T13:01:00Z"`), "at the same time",
		},
		"none after it": {
			replaced(`"signs_from": "2026-03-01T12:01:00Z"`, `"signs_from": "2026-03-01T15:01:00Z"`), "none after it",
		},
	} {
		require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600))
		_, err := Read(path)
		require.ErrorContains(t, err, c.says, name)
		require.NotContains(t, err.Error(), private[:8], name)
		_, err = Update(t.Context(), path, func(s Set) (Set, error) { return s.Rotate(noon.Add(week), PublishFor, week) })
		require.ErrorContains(t, err, c.says, name)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, c.content, string(after), "%s: it was written", name)
	}
}

// ring opens a file with a clock that the test moves.
func ring(t *testing.T, path string) (r *Ring, at *time.Time, log *bytes.Buffer) {
	t.Helper()
	now := noon
	log = &bytes.Buffer{}
	r, err := Open(Config{Path: path, Life: week}, func() time.Time { return now },
		slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	return r, &now, log
}

// Nodes that read the file at different moments agree: before a key signs anywhere, all verify it.
func TestNoNodeMeetsAKeyThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	path := file(t)
	early, earlyNow, _ := ring(t, path)
	late, lateNow, _ := ring(t, path)
	day := noon.Add(24 * time.Hour)
	set := rotate(t, path, day)
	before, next := set.Keys()[1].ID, set.Keys()[2].ID
	early.again(t.Context())
	for second := range 2 * PublishFor / time.Second {
		*earlyNow, *lateNow = day.Add((second+20)*time.Second), day.Add(second*time.Second) // nor do their clocks agree
		if second*time.Second == ReadEvery {
			late.again(t.Context())
		}
		for _, signer := range []*Ring{early, late} {
			for _, verifier := range []*Ring{early, late} {
				_, known := verifier.Find(signer.Signer().ID)
				require.True(t, known, "after %d s", second)
			}
		}
	}
	require.Equal(t, next, early.Signer().ID)
	require.Equal(t, next, late.Signer().ID)
	_, known := late.Find(before)
	require.True(t, known)
	*lateNow = day.Add(2 * week)
	_, known = late.Find(before)
	require.False(t, known, "longer than any token of it can live")
	_, known = late.Find(next)
	require.True(t, known)
}

func TestAFileThatBreaksChangesNothing(t *testing.T) {
	t.Parallel()
	path := file(t)
	r, now, log := ring(t, path)
	*now = noon.Add(time.Hour)
	signer := r.Signer()
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	r.again(t.Context())
	require.Equal(t, signer, r.Signer())
	require.NoError(t, os.Remove(path))
	r.again(t.Context())
	require.Equal(t, signer, r.Signer())
	require.Equal(t, 2, strings.Count(log.String(), "the keys stay as they were"))
	_, err := Open(Config{Path: path, Life: week}, time.Now, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A clock that is behind that of whoever made the file does not leave a node without a key.
func TestAClockThatIsBehindHasAKey(t *testing.T) {
	t.Parallel()
	r, now, _ := ring(t, file(t))
	*now = noon.Add(-time.Hour)
	require.Equal(t, SecretID, r.Signer().ID)
}

func TestTheFileIsReadAgainWhenAskedAndNowAndThen(t *testing.T) {
	t.Parallel()
	for name, every := range map[string]time.Duration{"asked": time.Hour, "now and then": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			r, err := Open(Config{Path: path, Life: week, ReadEvery: every}, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- r.Run(ctx) }()
			rotate(t, path, noon.Add(time.Hour))
			r.Reload()
			r.Reload()
			require.Eventually(t, func() bool { return len(r.PublicKeys()) == 2 }, 10*time.Second, time.Millisecond)
			cancel()
			require.NoError(t, <-ended)
		})
	}
}

func TestWhatIsPublicHasNoPrivatePart(t *testing.T) {
	t.Parallel()
	path := file(t)
	set := rotate(t, path, noon.Add(time.Hour))
	r, _, _ := ring(t, path)
	public := r.PublicKeys()
	require.Len(t, public, 2, "and not the secret")
	sent, err := json.Marshal(public)
	require.NoError(t, err)
	for i, k := range set.Keys()[1:] {
		require.Equal(t, k.ID, public[i].ID)
		require.Equal(t, EdDSA, public[i].Algorithm)
		require.NotContains(t, string(sent), base64.RawURLEncoding.EncodeToString(k.Private.Seed()))
	}
}

func TestOthersShouldNotReadTheKeys(t *testing.T) {
	t.Parallel()
	path := file(t)
	_, _, log := ring(t, path)
	require.Empty(t, log.String())
	require.NoError(t, os.Chmod(path, 0o644))
	_, _, log = ring(t, path)
	require.Contains(t, log.String(), "chmod 600")
}

func TestALockThatIsHeldIsWaitedForInBounds(t *testing.T) {
	t.Parallel()
	path := file(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- locked(context.Background(), path, func() error {
			close(entered)
			<-leave
			return errors.New("held")
		})
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Update(ctx, path, func(s Set) (Set, error) { return s, nil })
	require.ErrorContains(t, err, "lock the file of keys")
	close(leave)
	require.ErrorContains(t, <-done, "held")
}
