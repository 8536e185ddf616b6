package application

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAGateLetsFewThroughAtOnce(t *testing.T) {
	t.Parallel()
	g := newGate()
	inside, release, left := make(chan struct{}), make(chan struct{}), make(chan error)
	refused := errors.New("refused")
	for range gateWidth {
		go func() {
			left <- g.pass(context.Background(), func() error {
				inside <- struct{}{}
				<-release
				return refused
			})
		}()
		<-inside
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, g.pass(gone, func() error { return nil }), context.Canceled, "there is no room, and nobody waits")
	close(release)
	for range gateWidth {
		require.ErrorIs(t, <-left, refused)
	}
	require.NoError(t, g.pass(t.Context(), func() error { return nil }), "there is room again")
}
