package application

import (
	"context"
	"time"
)

// PurgeEvery is how often [Service.PurgeSearch] is to be called.
const PurgeEvery = 10 * time.Minute

// purgedAtOnce is how many texts are taken out of the search's index in one unit of work, which nobody else can write
// beside on SQLite.
const purgedAtOnce = 200

// PurgeSearch takes the texts of tasks that have changed or gone out of the search's index, a few at a time.
func (s *Service) PurgeSearch(ctx context.Context) error {
	for {
		var purged int
		err := s.work.Do(ctx, func(ctx context.Context) (err error) {
			purged, err = s.tasks.PurgeSearch(ctx, purgedAtOnce)
			return err
		})
		if err != nil || purged < purgedAtOnce {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
