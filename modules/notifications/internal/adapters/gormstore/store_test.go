package gormstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications/internal/adapters/gormstore"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/modules/notifications/internal/ports/portstest"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		portstest.Run(t, portstest.Stores{Work: db, Feeds: gormstore.New(db), Tickets: gormstore.NewTickets(db)})
	})
}

// The rule: a unit of work that notifies pays two statements, whomever it tells how much, and each way of reading a
// feed is one statement with an index.
func TestStatementsAreFewAndUseAnIndex(t *testing.T) {
	t.Parallel()
	direct := func(p dbtest.Plan) dbtest.Plan {
		return p.RequireNoScan("n", "s", "notifications", "notification_streams")
	}
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store, user, ctx := gormstore.New(db), ids.New(), t.Context()
		var fresh []domain.Notification
		for _, to := range []ids.ID{user, ids.New(), user, ids.New(), ids.New()} {
			fresh = append(fresh, domain.New(ids.New(), domain.Notice{
				To: to, Type: domain.SessionRevoked, Data: domain.SessionData{SessionID: ids.New()}, At: clock.System(),
			}))
		}
		recording := db.Record()
		defer recording.Stop()
		require.NoError(t, db.Do(ctx, func(ctx context.Context) error {
			_, err := store.Append(ctx, fresh)
			return err
		}))
		require.Equal(t, 2, recording.Count(), "%v", recording.Statements())

		for name, read := range map[string]func() error{
			"newest": func() error {
				_, err := store.List(ctx, ports.Filter{UserID: user}, page.Request{Limit: 1})
				return err
			},
			"next page": func() error {
				_, err := store.List(ctx, ports.Filter{UserID: user}, page.Request{
					Limit: 1, After: &page.Position{Value: new("2")},
				})
				return err
			},
			"unread": func() error {
				_, err := store.List(ctx, ports.Filter{UserID: user, Unread: true}, page.Request{Limit: 1})
				return err
			},
			"extent": func() error {
				_, err := store.Extent(ctx, user)
				return err
			},
			"after": func() error {
				_, err := store.After(ctx, []ports.Position{{UserID: user, Seq: 0}, {UserID: ids.New(), Seq: 3}}, 8)
				return err
			},
			"ahead": func() error {
				_, err := store.Ahead(ctx, []ports.Position{{UserID: user, Seq: 0}, {UserID: ids.New(), Seq: 3}})
				return err
			},
		} {
			recording.Reset()
			require.NoError(t, read(), name)
			require.Equal(t, 1, recording.Count(), "%s: %v", name, recording.Statements())
		}
		recording.Stop()

		for query, args := range map[string][]any{
			`SELECT * FROM notifications WHERE user_id = ? ORDER BY seq DESC LIMIT 2`:                               {user},
			`SELECT * FROM notifications WHERE user_id = ? AND seq < ? ORDER BY seq DESC LIMIT 2`:                   {user, 9},
			`SELECT * FROM notifications WHERE user_id = ? AND read_at IS NULL AND seq > ? ORDER BY seq LIMIT 2`:    {user, 9},
			`SELECT * FROM notifications WHERE id = ? AND user_id = ?`:                                              {user, user},
			`SELECT seq FROM notifications WHERE user_id = ? AND seq <= ? AND read_at IS NULL ORDER BY seq LIMIT 2`: {user, 9},
			`SELECT first_kept, last_seq FROM notification_streams WHERE user_id = ?`:                               {user},
		} {
			direct(dbtest.PlanOf(t, db, query, args...)).RequireNoSort()
		}
		positions := []ports.Position{{UserID: user, Seq: 0}, {UserID: ids.New(), Seq: 3}}
		query, args := gormstore.AfterQuery(store, positions, 8)
		direct(dbtest.PlanOf(t, db, query, args...))
		query, args = gormstore.AheadQuery(store, positions)
		direct(dbtest.PlanOf(t, db, query, args...))
	})
}

func TestATicketIsFoundByItsIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		direct := dbtest.PlanOf(t, db, `SELECT * FROM notification_tickets WHERE ticket_hash = ?`, []byte("x"))
		direct.RequireNoScan("notification_tickets")
	})
}
