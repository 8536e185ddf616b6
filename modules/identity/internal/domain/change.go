package domain

import (
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// AccessChange is an event that invalidates access tokens before they expire: a session ended, or a user got another
// role or was deactivated.
type AccessChange struct {
	Seq       int64  // the order in which the changes were committed
	SessionID ids.ID // the session that ended; zero for a change of the user
	UserID    ids.ID
	Role      auth.Role // what the user is now; only for a change of the user
	IsActive  bool      // likewise
	ExpiresAt time.Time // no token that the change concerns can live longer
}
