package bootstrap

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fasttrack/bootstrap/config"
)

// secret returns SECRET_KEY. Where it may be missing, that is on SQLite in development, one is made at the first
// start and kept beside the database, which is open by now, so that sign-ins outlive a restart.
func secret(cfg *config.Config) (string, error) {
	if cfg.SecretKey != "" {
		return cfg.SecretKey, nil
	}
	path := strings.TrimPrefix(cfg.DatabaseURL, "sqlite://") + ".secret"
	kept, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	return keepSecret(path)
}

// minSecret is how long a kept secret is at least. A shorter one is what is left of it after a crash.
const minSecret = 32

func readSecret(path string) (string, error) {
	kept, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return "", fmt.Errorf("read the development secret: %w", err)
	}
	secret := strings.TrimSpace(string(kept))
	if len(secret) < minSecret {
		return "", fmt.Errorf("the development secret in %s is damaged: remove the file, and all sign in anew", path)
	}
	return secret, nil
}

// keepSecret makes a secret that appears under its name whole or not at all; of two starts at once one wins and both
// use what it kept.
func keepSecret(path string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return "", fmt.Errorf("keep a development secret: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(rand.Text() + rand.Text())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", fmt.Errorf("keep a development secret: %w", err)
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep a development secret: %w", err)
	}
	return readSecret(path)
}

// derive returns a key for one purpose, so that no two parts of the program ever use the same one.
func derive(secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "fasttrack "+purpose, sha256.Size)
	if err != nil {
		panic(err) // only for a length that no hash could give
	}
	return key
}
