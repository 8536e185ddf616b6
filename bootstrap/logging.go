package bootstrap

import (
	"io"
	"log/slog"

	"fasttrack/bootstrap/config"
)

// NewLogger returns the program's logger in the configured form.
func NewLogger(out io.Writer, cfg *config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // validated with the configuration
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
