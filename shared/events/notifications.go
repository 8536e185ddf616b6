package events

import "fasttrack/shared/ids"

// NotificationsAppended announces, after the commit, that a user's feed has grown to LastSeq. It is a hint: the
// feed itself is the truth.
type NotificationsAppended struct {
	UserID  ids.ID `json:"user_id"`
	LastSeq int64  `json:"last_seq"`
}

// EventName implements eventbus.Event.
func (NotificationsAppended) EventName() string { return "notifications.notifications_appended" }
