package bootstrap_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap"
)

var (
	shown  = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
	asked  = regexp.MustCompile(`\b((?:http|fasttrack|go|process)_[a-z0-9_]+)\b`)
	suffix = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// TestTheDashboardAsksForMetricsThatThereAre: so do the alerts, and the other way round each metric of ours is looked at.
func TestTheDashboardAsksForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	cfg := configured(t, dbtest.URL(t, database.SQLite), "REDIS_URL", "redis://127.0.0.1:1")
	r := launch(t, cfg, func(a *bootstrap.App) {
		// What has labels shows once it has happened.
		_, ended := a.Observers().Working(t.Context(), "some.job", nil)
		ended("failed", errors.New("no"))
		a.Observers().Metrics.RateLimit("login", false)
		_, handled := a.Observers().Handler(t.Context(), "transaction", "some.handler")
		handled(nil)
	})
	require.Equal(t, 200, r.get("/health"))
	var text []byte
	require.Eventually(t, func() bool {
		response, err := r.clients.Get(r.url + "/metrics")
		require.NoError(t, err)
		defer response.Body.Close()
		text, err = io.ReadAll(response.Body)
		require.NoError(t, err)
		return strings.Contains(string(text), "fasttrack_users") // they are counted soon after the start
	}, time.Minute, 50*time.Millisecond)
	r.stop()
	require.NoError(t, r.end())
	histograms, there := map[string]bool{}, map[string]bool{}
	for _, found := range shown.FindAllStringSubmatch(string(text), -1) {
		there[found[1]] = true
		histograms[found[1]] = found[2] == "histogram"
	}
	lookedAt := map[string]bool{}
	for _, file := range []string{"grafana-dashboard.json", "alerts.yml", "metrics.md"} {
		content, err := os.ReadFile(filepath.Join("..", "docs", "operations", file))
		require.NoError(t, err)
		for _, found := range asked.FindAllStringSubmatch(string(content), -1) {
			name := found[1]
			if base := suffix.ReplaceAllString(name, ""); histograms[base] {
				name = base
			}
			lookedAt[name] = true
			require.True(t, there[name], "%s asks for %s, which is not at /metrics", file, name)
		}
	}
	for name := range there {
		if strings.HasPrefix(name, "fasttrack_") || strings.HasPrefix(name, "http_") {
			require.True(t, lookedAt[name], "nobody looks at %s", name)
		}
	}
}
