package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"fasttrack/adapters/keyring"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/clock"
)

// TokenLife is how long the longest token of a configuration lives.
func TokenLife(cfg *config.Config) time.Duration {
	return max(time.Duration(cfg.RefreshTokenDays)*24*time.Hour, time.Duration(cfg.AccessTokenMinutes)*time.Minute)
}

// openKeys opens the configured file of keys, if there is one.
func openKeys(cfg *config.Config, log *slog.Logger) (*keyring.Ring, error) {
	if cfg.JWTSigningKeys == "" {
		return nil, nil
	}
	ring, err := keyring.Open(keyring.Config{Path: cfg.JWTSigningKeys, Life: TokenLife(cfg)}, clock.System, log)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("JWT_SIGNING_KEYS: %w: make it by fasttrack keys generate", err)
	case err != nil:
		return nil, fmt.Errorf("JWT_SIGNING_KEYS: %w", err)
	}
	return ring, nil
}

// followKeys reads the file of keys again and again, and at once when the process is told to by SIGHUP.
func followKeys(ring *keyring.Ring) func(context.Context) error {
	return func(ctx context.Context) error {
		if ring == nil {
			<-ctx.Done()
			return nil
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-hangup:
					ring.Reload()
				case <-ctx.Done():
					return
				}
			}
		}()
		defer func() { <-done }()
		return ring.Run(ctx)
	}
}
