package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestWhatNobodyNeedsIsGoneSoonAfterTheStart: the program that starts does what is done every so often, unless it was
// done a short time ago.
func TestWhatNobodyNeedsIsGoneSoonAfterTheStart(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Start(t, url)
		ann := p.Register("Ann")
		p.Stop()

		db := openAlone(t, url)
		long := time.Now().Add(-31 * 24 * time.Hour)
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			for _, statement := range []string{
				"UPDATE sessions SET expires_at = ?", "UPDATE refresh_tokens SET expires_at = ?",
			} {
				if err := db.Conn(ctx).Exec(statement, long).Error; err != nil {
					return err
				}
			}
			return db.Conn(ctx).Exec("DELETE FROM river_job").Error
		}))
		p = harness.Start(t, url)
		require.Eventually(t, func() bool {
			var left int
			require.NoError(t, db.Conn(t.Context()).Raw("SELECT count(*) FROM sessions").Scan(&left).Error)
			return left == 0
		}, 2*harness.Patience, 10*time.Millisecond)
		p.Login(ann.Email, ann.Password).Get("/users/me").Wants(200)
	})
}
