package errs_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/errs"
)

var errArchived = errs.New(errs.Conflict, "project_archived", "the project is archived")

func TestAnErrorIsComparedByKindAndCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		err    error
		target error
		is     bool
	}{
		{"itself", errArchived, errArchived, true},
		{"with a cause", errArchived.WithCause(io.EOF), errArchived, true},
		{"with a time to retry", errArchived.WithRetryAfter(time.Second), errArchived, true},
		{"with another message", errs.New(errs.Conflict, "project_archived", "x"), errArchived, true},
		{"wrapped by somebody else", fmt.Errorf("saving: %w", errArchived), errArchived, true},
		{"another code", errs.New(errs.Conflict, "slug_taken", "x"), errArchived, false},
		{"another kind", errs.New(errs.Forbidden, "project_archived", "x"), errArchived, false},
		{"an error of another type", errArchived, io.EOF, false},
		{"its cause", errArchived.WithCause(io.EOF), io.EOF, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.is, errors.Is(c.err, c.target))
		})
	}
}

func TestKindOfFindsTheFirstErrorInTheChain(t *testing.T) {
	t.Parallel()
	require.Equal(t, errs.Conflict, errs.KindOf(fmt.Errorf("saving: %w", errArchived)))
	require.Equal(t, errs.Unavailable,
		errs.KindOf(errs.New(errs.Unavailable, errs.CodeUnavailable, "later").WithCause(errArchived)))
	require.Equal(t, errs.Internal, errs.KindOf(io.EOF), "whatever is not known is ours")
	require.Equal(t, errs.Internal, errs.KindOf(nil))
}

func TestTheTextIsForLogsAndTheMessageForClients(t *testing.T) {
	t.Parallel()
	require.EqualError(t, errArchived, "the project is archived")

	withCause := errArchived.WithCause(errors.New("row 7"))
	require.EqualError(t, withCause, "the project is archived: row 7")
	require.Equal(t, "the project is archived", withCause.Message)
	require.NoError(t, errors.Unwrap(errArchived), "a copy leaves the original alone")

	invalid := errs.InvalidFields(errs.Body("title", "is short"), errs.Field{Location: "query.limit", Message: "is 0"})
	require.EqualError(t, invalid, "the request has 2 invalid fields; body.title: is short; query.limit: is 0")
}

func TestRetryAfterIsSetOnACopy(t *testing.T) {
	t.Parallel()
	busy := errs.New(errs.Unavailable, errs.CodeUnavailable, "busy")
	require.Equal(t, 3*time.Second, busy.WithRetryAfter(3*time.Second).RetryAfter)
	require.Zero(t, busy.RetryAfter)
}

func TestInvalidFieldsReportsAllOfThemOrNothing(t *testing.T) {
	t.Parallel()
	err := errs.InvalidFields()
	require.True(t, err == nil, "no complaint is a nil error, not a nil *Error")

	var one *errs.Error
	require.ErrorAs(t, errs.InvalidField("title", "must not be empty"), &one)
	require.Equal(t, errs.Invalid, one.Kind)
	require.Equal(t, errs.CodeValidationFailed, one.Code)
	require.Equal(t, "the request has 1 invalid field", one.Message)
	require.Equal(t, []errs.Field{{Location: "body.title", Message: "must not be empty"}}, one.Fields)
}

func TestShortFormsCarryTheirKindAndCode(t *testing.T) {
	t.Parallel()
	missing := errs.NotFoundf("there is no task %d", 7)
	require.Equal(t, errs.NotFound, missing.Kind)
	require.Equal(t, errs.CodeNotFound, missing.Code)
	require.Equal(t, "there is no task 7", missing.Message)

	refused := errs.Forbiddenf("only %s may do this", "managers")
	require.Equal(t, errs.Forbidden, refused.Kind)
	require.Equal(t, errs.CodeForbidden, refused.Code)
	require.Equal(t, "only managers may do this", refused.Message)
}
