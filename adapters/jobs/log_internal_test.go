package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

// What River tells when it is stopped is no failure, in whichever form it tells it.
func TestWhatEndsWithTheProgramIsNotLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := quiet(slog.New(slog.NewTextHandler(&out, nil)))
	log.Info("started")
	log.Error("error starting transaction", "error", fmt.Errorf("begin: %w", context.Canceled))
	log.Error("error starting transaction", slog.String("error", "begin: context canceled"))
	require.Empty(t, out.String())
	log.Error("error starting transaction", "error", errors.New("no connection"))
	require.Contains(t, out.String(), "no connection")
}
