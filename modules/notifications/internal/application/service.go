// Package application holds what one can do with notifications.
package application

import (
	"context"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/uow"
)

// Parts is what a [Service] works with.
type Parts struct {
	Work  uow.UnitOfWork
	Feeds ports.Feeds
	Mails *Mails // nil: nobody is told by mail
	Bus   *eventbus.Bus
	Now   clock.Clock
	NewID ids.Generator
}

// Service carries out commands, queries and reactions. It is safe for concurrent use. Everybody reads and marks
// their own feed alone: every method takes it from the principal.
type Service struct {
	work  uow.UnitOfWork
	feeds ports.Feeds
	mails *Mails
	bus   *eventbus.Bus
	now   clock.Clock
	newID ids.Generator
}

// New returns the service.
func New(p Parts) *Service {
	return &Service{p.Work, p.Feeds, p.Mails, p.Bus, p.Now, p.NewID}
}

// markedAtOnce bounds a unit of work that marks notifications read, so that it holds SQLite's writer for
// milliseconds, however long the feed is.
const markedAtOnce = 1000

// List returns a page of the caller's feed, newest first.
func (s *Service) List(
	ctx context.Context, who auth.Principal, unread bool, request page.Request,
) (page.Page[domain.Notification], error) {
	return s.feeds.List(ctx, ports.Filter{UserID: who.UserID, Unread: unread}, request)
}

// ListAfter returns a page of what came after a number, oldest first. It fails with domain.ErrResync when part of
// that is no longer kept, or when the feed has not reached the number.
func (s *Service) ListAfter(
	ctx context.Context, who auth.Principal, after int64, unread bool, request page.Request,
) (page.Page[domain.Notification], error) {
	listed, err := s.feeds.List(ctx, ports.Filter{UserID: who.UserID, Unread: unread, After: &after}, request)
	if err != nil {
		return listed, err
	}
	// Only now: had it been asked before, what it promised could have been purged by the time of the list.
	extent, err := s.feeds.Extent(ctx, who.UserID)
	if err != nil {
		return page.Page[domain.Notification]{}, err
	}
	if err := extent.CheckAfter(after); err != nil {
		return page.Page[domain.Notification]{}, err
	}
	return listed, nil
}

// Extent returns what is kept of the caller's feed.
func (s *Service) Extent(ctx context.Context, who auth.Principal) (domain.Extent, error) {
	return s.feeds.Extent(ctx, who.UserID)
}

// MarkRead marks one notification read and returns it. Once read, it keeps the time of the first time.
func (s *Service) MarkRead(ctx context.Context, who auth.Principal, id ids.ID) (n domain.Notification, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		n, err = s.feeds.MarkRead(ctx, who.UserID, id, s.now())
		return err
	})
	return n, err
}

// MarkAllRead marks read whatever is in the caller's feed when it is called.
func (s *Service) MarkAllRead(ctx context.Context, who auth.Principal) error {
	extent, err := s.feeds.Extent(ctx, who.UserID)
	if err != nil {
		return err
	}
	return s.MarkReadUpTo(ctx, who, extent.LastSeq)
}

// MarkReadUpTo marks read everything up to and including a number. A long feed is marked in several units of work,
// oldest first, so that what an error leaves over is what a repetition does.
func (s *Service) MarkReadUpTo(ctx context.Context, who auth.Principal, seq int64) error {
	at := s.now()
	for marked := markedAtOnce; marked == markedAtOnce; {
		err := s.work.Do(ctx, func(ctx context.Context) (err error) {
			marked, err = s.feeds.MarkReadUpTo(ctx, who.UserID, seq, at, markedAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
