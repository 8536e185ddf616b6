package application

import (
	"context"
	"fmt"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/uow"
)

// Tickets gives out and takes back what opens one socket or event stream. A ticket stands for the access token that
// asked for it, so it is worth no more: it dies with the token and with the session, on every node.
type Tickets struct {
	work uow.UnitOfWork
	kept ports.Tickets
	now  clock.Clock
}

// NewTickets returns the service.
func NewTickets(work uow.UnitOfWork, kept ports.Tickets, now clock.Clock) *Tickets {
	return &Tickets{work, kept, now}
}

// Issue returns a ticket in the place of an access token, for domain.TicketLife.
func (s *Tickets) Issue(ctx context.Context, token string) (domain.Ticket, error) {
	ticket := domain.NewTicket()
	hash, sealed, expires := ticket.Hash(), ticket.Seal(token), s.now().Add(domain.TicketLife)
	err := s.work.Do(ctx, func(ctx context.Context) error { return s.kept.Keep(ctx, hash, sealed, expires) })
	return ticket, err
}

// Redeem uses a ticket up and returns the token that it stands for, which is still to be asked about. It fails with
// auth.ErrUnauthenticated when there is no such ticket, when it has expired or has been used.
func (s *Tickets) Redeem(ctx context.Context, ticket domain.Ticket) (token string, err error) {
	hash := ticket.Hash()
	var sealed []byte
	var ok bool
	err = s.work.Do(ctx, func(ctx context.Context) error {
		sealed, ok, err = s.kept.Take(ctx, hash, s.now())
		return err
	})
	if err != nil {
		return "", err
	}
	if !ok {
		return "", auth.ErrUnauthenticated
	}
	if token, err = ticket.Unseal(sealed); err != nil {
		return "", fmt.Errorf("redeem a ticket: %w", err)
	}
	return token, nil
}
