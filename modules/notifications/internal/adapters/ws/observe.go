package ws

import (
	"time"

	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/domain"
)

// Observer is told what becomes of sockets. Its functions are quick; nil ones are not called.
type Observer struct {
	Closed    func(code int)          // the server closes a socket
	Delivered func(lag time.Duration) // a new notification was handed to a socket so long after it was made
}

func (o Observer) closed(code int) {
	if o.Closed != nil {
		o.Closed(code)
	}
}

// observe measures how late a notification is, unless the feed had reached it when the socket or stream began.
func (h *Hub) observe(n domain.Notification, began application.Start) {
	if o := h.config.Observer; o.Delivered != nil && n.Seq > began.End {
		o.Delivered(h.now().Sub(n.CreatedAt))
	}
}
