package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"fasttrack/shared/jobs"
)

// worker does the jobs of one kind.
type worker struct {
	river.WorkerDefaults[batch]

	queue *Queue
	work  func(context.Context, []json.RawMessage) error
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[batch]) (err error) {
	if o := w.queue.config.Observer; o != nil {
		var end func(string, error)
		ctx, end = o.Working(ctx, job.Kind, job.Args.Carried)
		outcome, failure := "failed", errUnfinished // unless it returns
		defer func() { end(outcome, failure) }()
		err = w.work(ctx, job.Args.Items)
		outcome, failure = outcomeOf(err), err
	} else {
		err = w.work(ctx, job.Args.Items)
	}
	if jobs.HasGivenUp(err) {
		w.queue.log.ErrorContext(ctx, "gave a job up", "kind", job.Kind, "job", job.ID, "error", err)
		return river.JobCancel(err)
	}
	return err
}

var errUnfinished = errors.New("jobs: the handler did not return")

func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "done"
	case jobs.HasGivenUp(err):
		return "gave_up"
	}
	return "failed"
}

const longestRetry = time.Hour

// backoff is when a failed job is tried again: after the first wait, which doubles, give or take a tenth.
type backoff struct{ first time.Duration }

// NextRetry implements river.ClientRetryPolicy.
func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := b.first << min(len(job.Errors), 20)
	if wait <= 0 || wait > longestRetry {
		wait = longestRetry
	}
	wait += rand.N(wait/5+1) - wait/10 //nolint:gosec // jitter
	return time.Now().UTC().Add(wait)
}

// reporter logs what went wrong, once per attempt.
type reporter struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (r reporter) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	r.report(ctx, job, err)
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (r reporter) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	r.report(ctx, job, fmt.Errorf("panic: %v\n%s", value, trace))
	return nil
}

func (r reporter) report(ctx context.Context, job *rivertype.JobRow, err error) {
	if job.Attempt >= job.MaxAttempts {
		r.log.ErrorContext(ctx, "a job failed for the last time", "kind", job.Kind, "job", job.ID, "error", err)
		return
	}
	r.log.WarnContext(ctx, "a job failed; it is tried again",
		"kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
}

// quiet leaves out what River tells of its ordinary life.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(louder{log.Handler()}) }

type louder struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h louder) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler. What was given up because the program stops is no news.
func (h louder) Handle(ctx context.Context, r slog.Record) error {
	stopped := false
	r.Attrs(func(a slog.Attr) bool {
		err, isError := a.Value.Any().(error)
		text := a.Value.Kind() == slog.KindString && strings.Contains(a.Value.String(), context.Canceled.Error())
		stopped = stopped || isError && errors.Is(err, context.Canceled) || text
		return !stopped
	})
	if stopped {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h louder) WithAttrs(attrs []slog.Attr) slog.Handler { return louder{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h louder) WithGroup(name string) slog.Handler { return louder{h.Handler.WithGroup(name)} }
