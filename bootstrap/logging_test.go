package bootstrap_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
)

// logged is what a program with the settings writes of one line of each level.
func logged(t *testing.T, settings map[string]string) string {
	t.Helper()
	settings["SECRET_KEY"] = strong
	cfg, err := config.Parse(settings)
	require.NoError(t, err)
	var out bytes.Buffer
	log := bootstrap.NewLogger(&out, cfg)
	log.Debug("fine")
	log.Info("usual")
	log.Warn("odd", "key", "a \"value\"")
	log.Error("bad")
	return out.String()
}

func TestProductionLogsJSON(t *testing.T) {
	t.Parallel()
	decoder := json.NewDecoder(bytes.NewBufferString(logged(t, map[string]string{"ENVIRONMENT": "production"})))
	var messages []string
	for decoder.More() {
		var line struct{ Time, Level, Msg, Key string }
		require.NoError(t, decoder.Decode(&line))
		require.NotEmpty(t, line.Time)
		messages = append(messages, line.Level+" "+line.Msg+" "+line.Key)
	}
	require.Equal(t, []string{"INFO usual ", "WARN odd a \"value\"", "ERROR bad "}, messages)
}

func TestDevelopmentLogsText(t *testing.T) {
	t.Parallel()
	require.Contains(t, logged(t, map[string]string{}), `level=WARN msg=odd key="a \"value\""`)
	require.Contains(t, logged(t, map[string]string{"LOG_FORMAT": "json"}), `"level":"WARN"`)
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	for level, lines := range map[string]int{"debug": 4, "info": 3, "warn": 2, "error": 1} {
		out := logged(t, map[string]string{"LOG_LEVEL": level})
		require.Equal(t, lines, bytes.Count([]byte(out), []byte("\n")), level)
		require.Contains(t, out, "msg=bad")
	}
}
