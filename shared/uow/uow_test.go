package uow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/uow"
)

var errRefused = errors.New("refused")

func TestTheUnitRidesInTheContextUntilItEnds(t *testing.T) {
	t.Parallel()
	require.Nil(t, uow.Current(context.Background()))

	ctx, unit := uow.Begin(context.Background())
	require.Same(t, unit, uow.Current(ctx))

	inner, nested := uow.Begin(ctx)
	require.Same(t, nested, uow.Current(inner))
	require.Same(t, unit, uow.Current(ctx))

	require.NoError(t, unit.Committed())
	require.Nil(t, uow.Current(ctx), "a context that escaped carries nothing")

	nested.Abandon()
	require.Nil(t, uow.Current(inner))
}

func TestTheFirstDoomStays(t *testing.T) {
	t.Parallel()
	_, unit := uow.Begin(context.Background())
	require.NoError(t, unit.Doomed())
	unit.Doom(errRefused)
	unit.Doom(errors.New("a consequence"))
	require.Equal(t, errRefused, unit.Doomed())
}

func TestFailAfterCommitLeavesTheFirstErrorForTheCommit(t *testing.T) {
	t.Parallel()
	ctx, unit := uow.Begin(context.Background())
	require.NoError(t, uow.FailAfterCommit(ctx, errRefused))
	require.NoError(t, uow.FailAfterCommit(ctx, errors.New("a later one")))
	require.NoError(t, unit.Doomed(), "the unit commits")
	require.Equal(t, errRefused, unit.Committed())

	require.ErrorIs(t, uow.FailAfterCommit(ctx, errRefused), uow.ErrDone)
	require.ErrorIs(t, uow.FailAfterCommit(context.Background(), errRefused), uow.ErrDone)
}

func TestOnCommitRunsInOrderAfterTheCommitOnly(t *testing.T) {
	t.Parallel()
	var ran []string
	note := func(ctx context.Context, s string) { uow.OnCommit(ctx, func() { ran = append(ran, s) }) }

	ctx, unit := uow.Begin(context.Background())
	note(ctx, "a")
	note(ctx, "b")
	require.Empty(t, ran)
	require.NoError(t, unit.Committed())
	require.Equal(t, []string{"a", "b"}, ran)

	ctx, unit = uow.Begin(context.Background())
	note(ctx, "c")
	unit.Abandon()
	require.Equal(t, []string{"a", "b"}, ran, "nothing runs after a rollback")
	require.PanicsWithValue(t, "uow: OnCommit outside a unit of work", func() { note(ctx, "d") })
}

func TestTheUnitHasEndedWhenOnCommitRuns(t *testing.T) {
	t.Parallel()
	ctx, unit := uow.Begin(context.Background())
	uow.OnCommit(ctx, func() { require.Nil(t, uow.Current(ctx)) })
	require.NoError(t, unit.Committed())
}
