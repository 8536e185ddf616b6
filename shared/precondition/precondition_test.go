package precondition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/precondition"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	var none precondition.If
	require.True(t, none.IsZero())
	require.NoError(t, none.Check(7), "the zero value demands nothing")

	one := precondition.Version(7)
	require.False(t, one.IsZero())
	require.NoError(t, one.Check(7))
	require.ErrorIs(t, one.Check(8), precondition.ErrFailed)

	require.NoError(t, precondition.Version(3, 7).Check(7), "any of several will do")
	require.ErrorIs(t, precondition.Version().Check(7), precondition.ErrFailed, "no version meets an empty demand")
}
