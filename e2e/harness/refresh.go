package harness

import (
	"net/http"
	"testing"
)

// Refresh exchanges the person's refresh token, and leaves what they hold as it is.
func (p *Person) Refresh(t testing.TB) Tokens {
	t.Helper()
	return Into[Tokens](p.With("").On(t).Post("/auth/refresh", map[string]any{"refresh_token": p.Tokens.RefreshToken}).
		Wants(http.StatusOK))
}
