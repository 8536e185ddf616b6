package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/jobs"
)

type water struct{ Plant string }

func (water) Kind() string { return "garden.water" }

// handlers is what a queue knows of its kinds.
type handlers map[string]func(context.Context, []json.RawMessage) error

func (handlers) Insert(context.Context, jobs.Args) error { return nil }

func (h handlers) Handle(kind string, work func(context.Context, []json.RawMessage) error) {
	h[kind] = work
}

func (h handlers) Every(kind string, _ time.Duration, work func(context.Context) error) {
	h[kind] = func(ctx context.Context, _ []json.RawMessage) error { return work(ctx) }
}

func TestHandleReadsTheArgs(t *testing.T) {
	t.Parallel()
	known, watered := handlers{}, []water(nil)
	jobs.Handle(known, func(_ context.Context, batch []water) error {
		watered = batch
		return nil
	})
	require.NoError(t, known["garden.water"](t.Context(), []json.RawMessage{
		[]byte(`{"Plant":"rose"}`), []byte(`{"Plant":"ivy","Litres":2}`),
	}))
	require.Equal(t, []water{{"rose"}, {"ivy"}}, watered)

	err := known["garden.water"](t.Context(), []json.RawMessage{[]byte(`{"Plant":7}`)})
	require.True(t, jobs.HasGivenUp(err), "it will never be readable")
	require.ErrorContains(t, err, "garden.water")
}

func TestGiveUpKeepsTheCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such plant")
	err := fmt.Errorf("water: %w", jobs.GiveUp(cause))
	require.True(t, jobs.HasGivenUp(err))
	require.ErrorIs(t, err, cause)
	require.Equal(t, "water: no such plant", err.Error())
	require.False(t, jobs.HasGivenUp(cause))
}
