package ports

import (
	"context"
	"time"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/ids"
)

// Mails knows which notifications are still to be told by mail, and where to.
type Mails interface {
	// Unsent returns a notification with the address of its user; ok is false when it has been sent, is no longer kept,
	// or its user is not active any more.
	Unsent(ctx context.Context, id ids.ID) (n domain.Notification, address string, ok bool, err error)
	// Sent marks a notification as told by mail. It needs a unit of work.
	Sent(ctx context.Context, id ids.ID, at time.Time) error
}
