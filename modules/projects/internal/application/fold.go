package application

import (
	"context"
	"time"

	"fasttrack/shared/ids"
)

// FoldEvery is how often [Service.FoldCounts] is to be called.
const FoldEvery = 10 * time.Minute

// foldedAtOnce bounds a unit of work, beside which nobody else can write on SQLite.
const foldedAtOnce = 50

// FoldCounts adds what was counted since to the counts in the rows of projects, a few projects at a time, so that a
// project that was busy and then is only read does not keep its readers adding up.
func (s *Service) FoldCounts(ctx context.Context) error {
	var after ids.ID
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var last ids.ID
		err := s.work.Do(ctx, func(ctx context.Context) (err error) {
			last, more, err = s.projects.Fold(ctx, after, foldedAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		after = last
	}
	return nil
}
