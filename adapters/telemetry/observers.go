package telemetry

import (
	"context"
	"time"

	"fasttrack/adapters/database"
)

// Observers are metrics and traces as the hooks of others, which have room for one each. Tracing may be nil.
type Observers struct {
	Metrics *Metrics
	Tracing *Tracing
}

// Statement is the hook of database.DB.Observe.
func (o Observers) Statement(ctx context.Context, s database.Statement) {
	o.Metrics.Statement(ctx, s)
	if o.Tracing != nil {
		o.Tracing.Statement(ctx, s)
	}
}

// Handler is an eventbus.Observer.
func (o Observers) Handler(ctx context.Context, moment, handler string) (context.Context, func(error)) {
	traced := func(error) {}
	if o.Tracing != nil {
		ctx, traced = o.Tracing.Handler(ctx, moment, handler)
	}
	began := time.Now()
	return ctx, func(err error) {
		o.Metrics.handlers.WithLabelValues(moment, handler, outcomeOf(err)).Observe(time.Since(began).Seconds())
		traced(err)
	}
}

// Inserting implements jobs.Observer.
func (o Observers) Inserting(ctx context.Context) map[string]string {
	if o.Tracing == nil {
		return nil
	}
	return o.Tracing.Inserting(ctx)
}

// Working implements jobs.Observer.
func (o Observers) Working(
	ctx context.Context, kind string, carried map[string]string,
) (context.Context, func(outcome string, err error)) {
	traced := func(error) {}
	if o.Tracing != nil {
		ctx, traced = o.Tracing.Working(ctx, kind, carried)
	}
	began := time.Now()
	return ctx, func(outcome string, err error) {
		o.Metrics.jobs.WithLabelValues(kind, outcome).Observe(time.Since(began).Seconds())
		traced(err)
	}
}
