package database

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"fasttrack/shared/clock"
)

func gormConfig(c Config) *gorm.Config {
	return &gorm.Config{
		// Every write is in a unit of work, which is a transaction already.
		SkipDefaultTransaction: true,
		TranslateError:         true,
		// [Open] has asked already.
		DisableAutomaticPing: true,
		Logger:               queryLog{log: c.Log, slow: c.SlowQuery},
		// Only what a store forgets to set: its times come from the injected clock.
		NowFunc: clock.System,
	}
}

// translateRows gives the errors of Row, Rows and a raw Scan their meaning: GORM translates only those that go through
// its AddError, and the one of starting such a query does not.
func translateRows(db *gorm.DB) error {
	return db.Callback().Row().After("gorm:row").Register("database:translate", func(tx *gorm.DB) {
		tx.Error = Translate(tx.Error)
	})
}

// queryLog logs slow statements without their values. Errors are returned, and logged by whoever answers for them.
type queryLog struct {
	log  *slog.Logger
	slow time.Duration
}

func (l queryLog) LogMode(logger.LogLevel) logger.Interface { return l }

func (l queryLog) Info(ctx context.Context, msg string, _ ...any) {
	l.log.DebugContext(ctx, "gorm: "+msg)
}

func (l queryLog) Warn(ctx context.Context, msg string, _ ...any) {
	l.log.WarnContext(ctx, "gorm: "+msg)
}

func (l queryLog) Error(ctx context.Context, msg string, _ ...any) {
	l.log.ErrorContext(ctx, "gorm: "+msg)
}

// Trace is called after each statement. The text is asked for only when it is needed: building it takes time.
func (l queryLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), _ error) {
	elapsed := time.Since(begin)
	if elapsed < l.slow {
		return
	}
	query, rows := statement()
	l.log.WarnContext(ctx, "slow query", "sql", query, "rows", rows, "duration", elapsed)
}

// ParamsFilter keeps values out of the text.
func (l queryLog) ParamsFilter(_ context.Context, query string, _ ...any) (string, []any) {
	return query, nil
}
