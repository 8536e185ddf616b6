package identity_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/module"
	"fasttrack/modules/identity"
	"fasttrack/shared/clock"
)

func (n *node) purge(t *testing.T) {
	t.Helper()
	require.NoError(t, identity.Purge(t.Context(), module.Deps{DB: n.DB, Clock: n.now}))
}

func TestWhatNobodyNeedsIsPurged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada, gone := n.join(t, "ada"), n.login(t, "ada")
		gone.Post("/api/v1/auth/logout", nil).Require(204)
		n.tryFrom(t, home, "ada", "wrong").Require(401)
		n.purge(t)
		require.EqualValues(t, 2, n.Count("sessions"), "both were used a moment ago")
		require.EqualValues(t, 1, n.Count("guess_pairs"))

		long := time.Now().Add(-31 * 24 * time.Hour)
		n.Exec("UPDATE refresh_tokens SET expires_at = ? WHERE session_id = ?", long, sessionOf(t, gone.AccessToken))
		n.Exec("UPDATE sessions SET expires_at = ? WHERE id = ?", long, sessionOf(t, gone.AccessToken))
		n.Exec("UPDATE guess_pairs SET forget_at = ?", long)
		n.Exec("UPDATE guess_accounts SET forget_at = ?", long)
		n.purge(t)
		require.EqualValues(t, 1, n.Count("sessions"))
		require.EqualValues(t, 1, n.Count("refresh_tokens"))
		require.Zero(t, n.Count("guess_pairs")+n.Count("guess_accounts"))
		require.True(t, ada.alive())
		ada.refresh(ada.RefreshToken).Require(200)
	}, throttled)
}

// However much there is, nobody who writes has to wait for more than 500 rows.
func TestAPurgeWorksInSmallLots(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		for lot := range 3 {
			var rows []map[string]any
			for i := range 401 {
				rows = append(rows, map[string]any{
					"account": fmt.Appendf(nil, "%d %d", lot, i), "network": home, "failures": 1,
					"free_at": clock.System(), "forget_at": clock.System().Add(-time.Hour),
				})
			}
			require.NoError(t, n.DB.Do(t.Context(), func(ctx context.Context) error {
				return n.DB.Conn(ctx).Table("guess_pairs").Create(rows).Error
			}))
		}
		lots := 0
		for _, s := range n.Statements(func() { n.purge(t) }) {
			if strings.HasPrefix(s, "DELETE FROM guess_pairs") {
				lots++
			}
		}
		require.Equal(t, 3, lots)
		require.Zero(t, n.Count("guess_pairs"))
	})
}
