package domain

import (
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// AccessChange is one entry of the list of all that makes a well-signed, unexpired access token say something that is
// not true any more: its session has ended, or its user has another role or was deactivated.
type AccessChange struct {
	Seq       int64  // the order in which the changes were committed
	SessionID ids.ID // the session that ended; zero for a change of the user
	UserID    ids.ID
	Role      auth.Role // what the user is now; only for a change of the user
	IsActive  bool      // likewise
	ExpiresAt time.Time // no token that the change concerns can live longer
}
