package application

import (
	"context"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// Notify tells everybody whom the events of a unit of work concern. It runs last before the commit, because from
// then on nobody else can append to the same feeds.
func (s *Service) Notify(ctx context.Context, happened []eventbus.Event) error {
	var fresh []domain.Notification
	for _, event := range happened {
		for _, notice := range domain.Notices(event) {
			fresh = append(fresh, domain.New(s.newID(), notice))
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	grown, err := s.feeds.Append(ctx, fresh)
	if err != nil {
		return err
	}
	if err := s.mails.enqueue(ctx, fresh); err != nil {
		return err
	}
	for _, feed := range grown {
		hint := events.NotificationsAppended{UserID: feed.UserID, LastSeq: feed.Seq}
		if err := s.bus.Announce(ctx, hint); err != nil {
			return err
		}
	}
	return nil
}
