package keyring

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

// fileKey is a key as the file has it: a JSON Web Key (RFC 8037) with times.
type fileKey struct {
	ID        string     `json:"kid"`
	Type      string     `json:"kty"`
	Curve     string     `json:"crv,omitempty"`
	Algorithm string     `json:"alg"`
	Use       string     `json:"use"`
	X         string     `json:"x,omitempty"`
	D         string     `json:"d,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	SignsFrom time.Time  `json:"signs_from"`
	RetiredAt *time.Time `json:"retired_at,omitempty"`
}

type fileSet struct {
	Keys []fileKey `json:"keys"`
}

const (
	typeOKP = "OKP"
	typeOct = "oct"
	curve   = "Ed25519"
	use     = "sig"
)

// largest is far beyond any file of ours.
const largest = 1 << 20

// Read returns the keys of a file. Its errors never repeat what is in there.
func Read(path string) (Set, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return Set{}, fmt.Errorf("read the keys: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, largest))
	if err != nil {
		return Set{}, fmt.Errorf("read the keys: %w", err)
	}
	set, err := parse(content)
	if err != nil {
		return Set{}, fmt.Errorf("the file of keys %s cannot be used: %w", path, err)
	}
	return set, nil
}

func parse(content []byte) (Set, error) {
	var file fileSet
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return Set{}, errors.New("it is not a set of keys as fasttrack keys generate writes it")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Set{}, errors.New("there is more behind the set of keys")
	}
	set := Set{}
	for i, k := range file.Keys {
		key, err := k.key()
		if err != nil {
			return Set{}, fmt.Errorf("key %d: %w", i+1, err)
		}
		set.keys = append(set.keys, key)
	}
	return set, set.check()
}

var goodID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func (f fileKey) key() (Key, error) {
	k := Key{ID: f.ID, Algorithm: f.Algorithm, CreatedAt: f.CreatedAt, SignsFrom: f.SignsFrom, RetiredAt: f.RetiredAt}
	isSecret := f.ID == SecretID
	switch {
	case !goodID.MatchString(f.ID):
		return Key{}, errors.New("its kid must have 1 to 64 letters, digits, dots, dashes and underscores")
	case f.CreatedAt.IsZero() || f.SignsFrom.IsZero():
		return Key{}, errors.New("it needs created_at and signs_from")
	case f.Use != use:
		return Key{}, errors.New(`its use must be "sig"`)
	case isSecret && (f.Type != typeOct || f.Algorithm != HS256 || f.Curve+f.X+f.D != ""):
		return Key{}, errors.New("secret-key stands for SECRET_KEY: it is oct for HS256, and has no value of its own")
	case isSecret:
		return k, nil
	case f.Type != typeOKP || f.Curve != curve || f.Algorithm != EdDSA:
		return Key{}, errors.New("only Ed25519 keys for EdDSA are supported")
	}
	seed, err := base64.RawURLEncoding.Strict().DecodeString(f.D)
	if err != nil || len(seed) != ed25519.SeedSize {
		return Key{}, errors.New("its private part is damaged")
	}
	k.Private = ed25519.NewKeyFromSeed(seed)
	if base64.RawURLEncoding.EncodeToString(k.Public()) != f.X {
		return Key{}, errors.New("its public part is not that of its private part")
	}
	return k, nil
}

func (s Set) format() ([]byte, error) {
	file := fileSet{}
	for _, k := range s.keys {
		f := fileKey{
			ID: k.ID, Type: typeOct, Algorithm: k.Algorithm, Use: use,
			CreatedAt: k.CreatedAt, SignsFrom: k.SignsFrom, RetiredAt: k.RetiredAt,
		}
		if k.Private != nil {
			f.Type, f.Curve = typeOKP, curve
			f.X = base64.RawURLEncoding.EncodeToString(k.Public())
			f.D = base64.RawURLEncoding.EncodeToString(k.Private.Seed())
		}
		file.Keys = append(file.Keys, f)
	}
	content, err := json.MarshalIndent(file, "", "  ")
	return append(content, '\n'), err
}

// Create writes a new file, which only its owner may read. It fails if there is one already.
func Create(ctx context.Context, path string, set Set) error {
	return locked(ctx, path, func() error {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: use fasttrack keys rotate, or remove it, and all sign in anew", path)
		}
		return replace(path, set)
	})
}

// Update replaces a file by what change makes of it, whole or not at all, and returns that. Of several at once, in any
// process, one comes after the other.
func Update(ctx context.Context, path string, change func(Set) (Set, error)) (changed Set, err error) {
	err = locked(ctx, path, func() error {
		before, err := Read(path)
		if err != nil {
			return err
		}
		if changed, err = change(before); err != nil {
			return err
		}
		return replace(path, changed)
	})
	return changed, err
}

// patience is how long one command waits for another.
const patience = 10 * time.Second

func locked(ctx context.Context, path string, fn func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lock := flock.New(path + ".lock") // it stays: two processes might else lock different files
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("lock the file of keys: %w", err)
	}
	defer func() { _ = lock.Close() }()
	return fn()
}

// replace writes the file under another name, sees it on the disk, and renames it: a crash leaves the old one or the
// new one. The file's owner, and a link to it, stay what they were.
func replace(path string, set Set) error {
	if err := set.check(); err != nil {
		return fmt.Errorf("these keys cannot be used: %w", err)
	}
	content, err := set.format()
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // 0600
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if before, err := os.Stat(path); err == nil {
		keepOwner(file, before)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder sees the new name on the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	defer func() { _ = folder.Close() }()
	if err := folder.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("write the keys: %w", err)
	}
	return nil
}
