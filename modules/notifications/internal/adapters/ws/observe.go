package ws

import (
	"time"

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

// observe measures how late a notification is, unless it was there before the socket.
func (s *socket) observe(n domain.Notification) {
	if o := s.hub.config.Observer; o.Delivered != nil && n.Seq > s.end {
		o.Delivered(s.hub.now().Sub(n.CreatedAt))
	}
}
