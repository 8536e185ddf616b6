// Package ports says what the identity application needs from outside.
package ports

import (
	"context"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Users keeps accounts. One that does not exist is domain.ErrNotFound.
type Users interface {
	// Find returns one user.
	Find(ctx context.Context, id ids.ID) (*domain.User, error)
	// FindByEmail returns the user whose address has the same key.
	FindByEmail(ctx context.Context, email domain.Email) (*domain.User, error)
	// List returns one page. Sort keys: created_at, email.
	List(ctx context.Context, filter UserFilter, request page.Request) (page.Page[*domain.User], error)

	// Add keeps a new user; domain.ErrEmailTaken if the key of the address has one. It needs a unit of work, as
	// everything below does.
	Add(ctx context.Context, u *domain.User) error
	// Update locks the user against other changes, lets change alter it, and keeps it if its version grew.
	// What change returns as an error is returned as it is.
	Update(ctx context.Context, id ids.ID, change func(*domain.User) error) (*domain.User, error)
	// UpdateAccess is Update that locks all active admins as well, in the order of their ids, and tells who they are,
	// which stays true until the unit ends.
	UpdateAccess(ctx context.Context, id ids.ID, change func(u *domain.User, admins domain.Admins) error) (*domain.User, error)
	// ReplacePassword keeps another password hash if the one that is kept is still the expected one, and reports
	// whether it was. It locks the user. The version stays as it is, since it counts only changes that can be seen.
	ReplacePassword(ctx context.Context, id ids.ID, expected, next domain.PasswordHash) (replaced bool, err error)
	// HasOtherSchemes reports whether there is a user whose password was hashed by another scheme than this one of
	// Passwords. It needs no unit of work.
	HasOtherSchemes(ctx context.Context, scheme string) (bool, error)
	// Hold locks one user against changes until the unit ends, and returns them with the time of the database.
	// Several units may hold the same user at once.
	Hold(ctx context.Context, id ids.ID) (u *domain.User, now time.Time, err error)
}

// UserFilter chooses the users of a list.
type UserFilter struct {
	Role   *auth.Role // nil: any
	Active *bool      // nil: any
	Query  string     // part of the address or the name, in any case; empty: any
}

// Sessions keeps sessions and the chains of their refresh tokens. All but ListLive, List and Standing need a unit of
// work.
type Sessions interface {
	// Open keeps a new session with its first token.
	Open(ctx context.Context, s *domain.Session, first domain.RefreshToken) error
	// Lock returns a session that nobody else can change until the unit ends; domain.ErrNoSession if there is none.
	// Every transition of a session begins with it.
	Lock(ctx context.Context, id ids.ID) (Locked, error)
	// Tokens returns those of the given generations that exist. The session must be locked.
	Tokens(ctx context.Context, session ids.ID, generations ...int64) (map[int64]domain.RefreshToken, error)
	// Rotate keeps a session that was rotated: consumed has its time of consumption, successor is new.
	Rotate(ctx context.Context, s *domain.Session, consumed, successor domain.RefreshToken) error
	// End keeps a session that was ended.
	End(ctx context.Context, s *domain.Session) error
	// EndAll ends every session of the user that is alive, but for the one that is spared (the zero id: none), and
	// returns them. The user must be locked.
	EndAll(ctx context.Context, userID, spared ids.ID, reason string) (ended []ids.ID, at time.Time, err error)

	// ListLive returns one page of the user's sessions that are alive. Sort key: created_at.
	ListLive(ctx context.Context, userID ids.ID, request page.Request) (page.Page[*domain.Session], error)
	// List returns one page of the sessions of all users, those that are not alive any more among them. Sort key:
	// created_at.
	List(ctx context.Context, filter SessionFilter, request page.Request) (page.Page[ListedSession], error)
	// Standing tells in one statement what is true of a session now.
	Standing(ctx context.Context, id ids.ID) (Standing, error)
}

// SessionFilter chooses the sessions of a list.
type SessionFilter struct {
	UserID *ids.ID // nil: of anybody
	Alive  *bool   // nil: any
}

// ListedSession is a session in the list of all, with whose it is.
type ListedSession struct {
	Session     *domain.Session
	Alive       bool // it has neither ended nor expired
	Email       string
	DisplayName string
}

// Locked is a session under lock.
type Locked struct {
	Session *domain.Session
	Role    auth.Role // of its user
	Now     time.Time // the time of the database when the lock was had
}

// Standing says whether the access tokens of a session are valid, and for which role.
type Standing struct {
	Alive bool // the session has not ended and its user is active
	Role  auth.Role
}

// Audit keeps what was done to accounts and sessions. Nothing in it is ever changed.
type Audit interface {
	// Append keeps entries. It needs a unit of work, that of what the entries tell of.
	Append(ctx context.Context, entries ...domain.AuditEntry) error
	// List returns one page. Sort key: at.
	List(ctx context.Context, filter AuditFilter, request page.Request) (page.Page[domain.AuditEntry], error)
}

// AuditFilter chooses the entries of a list.
type AuditFilter struct {
	ActorID  *ids.ID    // nil: anybody, and nobody who is known
	Action   string     // empty: any
	From, To *time.Time // at or after, and before; nil: any time
}

// AccessChanges keeps the list of domain.AccessChange.
type AccessChanges interface {
	// Append numbers the changes, sets when they expire (in keep from now, by the time of the database), keeps them
	// and returns them. It needs a unit of work, and its lock is held until that ends: so the order of the numbers is
	// the order of the commits, and whoever has read up to a number will never find a lower one.
	Append(ctx context.Context, changes []domain.AccessChange, keep time.Duration) ([]domain.AccessChange, error)
	// After returns at most limit changes with a higher number, in order.
	After(ctx context.Context, seq int64, limit int) ([]domain.AccessChange, error)
	// Prune deletes at most limit of those that expired longer ago than age, and returns how many. It needs a unit of
	// work.
	Prune(ctx context.Context, age time.Duration, limit int) (pruned int, err error)
}

// Passwords hashes passwords. It works for tens of milliseconds on purpose: never inside a unit of work. When too
// many wait already, or the wait takes too long, it fails with domain.ErrBusy; when ctx ends, with the error of ctx.
type Passwords interface {
	// Hash returns what is to be kept of a new password. All spellings of the same characters are the same password.
	Hash(ctx context.Context, password string) (domain.PasswordHash, error)
	// Verify compares a password with the one that was hashed. No password matches the empty hash, which takes as long
	// as any of the current scheme.
	Verify(ctx context.Context, password string, hash domain.PasswordHash) (Verification, error)
	// Scheme returns what is before the salt in every hash that Hash makes now: the algorithm and its parameters.
	Scheme() string
	// Outdated reports whether the hash was made by another scheme.
	Outdated(hash domain.PasswordHash) bool
}

// Verification is what came of comparing a password with a hash.
type Verification struct {
	Matches   bool
	TooCostly bool          // nothing was compared: it would take longer than anybody may make the program work
	Took      time.Duration // the work, without the wait for its turn
}

// Tokens makes and reads signed tokens.
type Tokens interface {
	// Access returns an access token. The role in it is a hint.
	Access(p auth.Principal, issuedAt time.Time) string
	// ReadAccess returns what a well-signed, unexpired access token says; auth.ErrTokenExpired or
	// auth.ErrUnauthenticated for any other. Whether its session is alive is for others to say.
	ReadAccess(token string) (auth.Principal, error)

	// RefreshHash returns what is to be kept of the refresh token of a generation, and which key makes it.
	RefreshHash(session ids.ID, generation int64) (keyID string, hash []byte)
	// Refresh returns the token of a record: the same text each time.
	Refresh(userID ids.ID, t domain.RefreshToken) string
	// ReadRefresh returns what a well-signed, unexpired refresh token says; auth.ErrTokenExpired or
	// domain.ErrBadRefreshToken for any other.
	ReadRefresh(token string) (PresentedRefresh, error)
}

// PresentedRefresh holds the claims of a refresh token.
type PresentedRefresh struct {
	UserID     ids.ID
	SessionID  ids.ID
	Generation int64
	Hash       []byte // to be compared with that of the record
}
