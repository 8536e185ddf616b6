// Package application holds what one can do with accounts and sessions.
package application

import (
	"context"
	"log/slog"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Policy is what an operator decides about accounts and sessions.
type Policy struct {
	Password     domain.PasswordPolicy
	AccessTTL    time.Duration // of access tokens
	RefreshTTL   time.Duration // of refresh tokens, and of a session that is not used
	RefreshGrace time.Duration // for how long a consumed refresh token may be repeated; 0: not at all
}

// Parts is what a [Service] works with.
type Parts struct {
	Work      uow.UnitOfWork
	Users     ports.Users
	Sessions  ports.Sessions
	Audit     ports.Audit
	Tokens    ports.Tokens
	Passwords ports.Passwords
	Throttle  *Throttle                               // nil: guesses at passwords are not slowed down
	Origin    func(ctx context.Context) domain.Origin // of the request that ctx belongs to
	Bus       *eventbus.Bus
	Now       clock.Clock
	Elapsed   func() time.Duration                             // a monotonic clock
	Pause     func(ctx context.Context, d time.Duration) error // nil: by a timer
	NewID     ids.Generator
	Policy    Policy
	Mailing   Mailing
	Log       *slog.Logger
}

// Service carries out commands and queries. It is safe for concurrent use.
type Service struct {
	work      uow.UnitOfWork
	users     ports.Users
	sessions  ports.Sessions
	audit     ports.Audit
	tokens    ports.Tokens
	passwords ports.Passwords
	throttle  *Throttle
	logins    gate
	origin    func(ctx context.Context) domain.Origin
	bus       *eventbus.Bus
	now       clock.Clock
	newID     ids.Generator
	policy    Policy
	mailing   Mailing
	pace      *pace
	log       *slog.Logger
}

// New returns the service.
func New(p Parts) *Service {
	return &Service{
		p.Work, p.Users, p.Sessions, p.Audit, p.Tokens, p.Passwords, p.Throttle, newGate(), p.Origin, p.Bus, p.Now, p.NewID, p.Policy,
		p.Mailing, newPace(p), p.Log,
	}
}

func published(u *domain.User) events.User {
	s := u.State()
	return events.User{
		UserID: s.ID, Email: s.Email.String(), DisplayName: s.DisplayName, Role: string(s.Role),
		IsActive: s.IsActive, Version: s.Version,
	}
}
