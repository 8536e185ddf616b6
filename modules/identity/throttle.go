package identity

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"fasttrack/adapters/module"
	"fasttrack/modules/identity/internal/adapters/gormstore"
	"fasttrack/modules/identity/internal/application"
)

// newThrottle returns what slows guesses at passwords down; nil if that is switched off.
func newThrottle(d module.Deps, config Config) *application.Throttle {
	if !config.LoginThrottle {
		return nil
	}
	key, err := hkdf.Key(sha256.New, config.SecretKey, nil, "fasttrack identity guesses", sha256.Size)
	if err != nil {
		panic(fmt.Errorf("identity: derive a key: %w", err)) // only for a length that is not the one above
	}
	return application.NewThrottle(d.DB, gormstore.NewGuesses(d.DB, d.Clock), key)
}
