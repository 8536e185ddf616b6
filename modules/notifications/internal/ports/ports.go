// Package ports says what the notifications application needs from outside.
package ports

import (
	"context"
	"time"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Feeds keeps the feed of every user: what they have been told, numbered 1, 2, 3… without a gap.
type Feeds interface {
	// Append adds notifications to the feeds of their users, in the order given, and sets their Seq. It returns the
	// end of each feed that grew. Until the unit of work ends nobody else can append to these feeds, so that the
	// order of the numbers is the order of the commits; feeds are locked in the order of their users, so that no
	// two units wait for each other. It takes two statements, and needs a unit of work.
	Append(ctx context.Context, fresh []domain.Notification) (ends []Position, err error)

	// Extent returns what is kept of a user's feed.
	Extent(ctx context.Context, userID ids.ID) (domain.Extent, error)
	// List returns one page of a user's feed, newest first, or oldest first after Filter.After. Of the request's
	// sort nothing is looked at.
	List(ctx context.Context, filter Filter, request page.Request) (page.Page[domain.Notification], error)
	// After returns for each position what follows it in its feed, in order, at most limit notifications each. It
	// is one statement for all of them.
	After(ctx context.Context, positions []Position, limit int) (map[Position][]domain.Notification, error)
	// Ahead returns those feeds that go on after the position that is known of them, with their last number. It
	// is one statement for all of them.
	Ahead(ctx context.Context, known []Position) ([]Position, error)

	// MarkRead marks a notification of the user read, unless it is already, and returns it. What is not in the
	// user's feed is domain.ErrNotFound. It needs a unit of work.
	MarkRead(ctx context.Context, userID, id ids.ID, at time.Time) (domain.Notification, error)
	// MarkReadUpTo marks read what is unread up to and including seq, oldest first and at most limit, and returns
	// how many that were. It needs a unit of work.
	MarkReadUpTo(ctx context.Context, userID ids.ID, seq int64, at time.Time, limit int) (int, error)

	// Purge forgets the oldest of what was created before a time, about limit notifications, and returns how many
	// those were. What is left of a feed is always its end, without a gap, and Extent says where that begins. It needs
	// a unit of work, and locks feeds in the order of their users.
	Purge(ctx context.Context, before time.Time, limit int) (int, error)
}

// Position is a place in the feed of a user.
type Position struct {
	UserID ids.ID
	Seq    int64
}

// Filter chooses the notifications of a list.
type Filter struct {
	UserID ids.ID
	Unread bool   // only what is unread
	After  *int64 // only what came after this number, oldest first
}
