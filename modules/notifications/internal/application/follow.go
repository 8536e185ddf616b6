package application

import (
	"context"

	"fasttrack/shared/auth"
)

// Start is where somebody begins to follow their feed.
type Start struct {
	After  int64 // what comes after this number is theirs
	End    int64 // the last number of the feed when it was asked
	Resync bool  // it is not where they wanted to go on: that is no longer kept, or not reached yet
}

// Start returns where the caller begins to follow their feed: after a number, or, with nil, at its end.
func (s *Service) Start(ctx context.Context, who auth.Principal, after *int64) (Start, error) {
	extent, err := s.feeds.Extent(ctx, who.UserID)
	if err != nil {
		return Start{}, err
	}
	start := Start{After: extent.LastSeq, End: extent.LastSeq}
	if after == nil {
		return start, nil
	}
	start.Resync = extent.CheckAfter(*after) != nil
	if !start.Resync {
		start.After = *after
	}
	return start, nil
}
