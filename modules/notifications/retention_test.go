package notifications_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// assignedAt tells a user of a task at a time.
func (h *house) assignedAt(user ids.ID, at time.Time) {
	h.t.Helper()
	event := assigned(user, "Dig")
	event.At = clock.Normal(at)
	h.Publish(event)
}

// The rule: what is older than the retention is forgotten, a feed goes on without a gap, and nobody is led to believe
// that nothing is missing.
func TestWhatIsOldIsForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, func(c *notifications.Config) { c.Retention = time.Hour })
		bob, eve := h.LogIn(t, auth.RoleUser), h.LogIn(t, auth.RoleUser)
		now := clock.System()
		for i := range 30 { // 1…20 are too old
			h.assignedAt(bob.Principal.UserID, now.Add(time.Duration(i-20)*time.Minute-time.Hour+30*time.Second))
		}
		h.assignedAt(eve.Principal.UserID, now.Add(-2*time.Hour)) // all of it
		h.ticket(eve.Token)
		h.Exec(`UPDATE notification_tickets SET expires_at = ?`, now.Add(-time.Second))
		kept := h.ticket(bob.Token)

		jobstest.Run(t, h.queue)
		require.Eventually(t, func() bool { return len(jobstest.List(t, db)) > 0 }, patience, 5*time.Millisecond)
		jobstest.Await(t, db)

		var l list
		bob.Get("/api/v1/notifications?limit=100").Decode(200, &l)
		require.Len(t, l.Items, 10)
		require.EqualValues(t, 30, l.Items[0].Seq)
		bob.Get("/api/v1/notifications?after_seq=19").RequireProblem(410, "resync_required")
		bob.Get("/api/v1/notifications?after_seq=20").Require(200)
		eve.Get("/api/v1/notifications?after_seq=0").RequireProblem(410, "resync_required")
		eve.Get("/api/v1/notifications?after_seq=1").Require(200)

		c, _ := h.ready(bob.Token, "&after_seq=19")
		require.Equal(t, message{Type: "resync_required"}, c.next())
		c, _ = h.ready(bob.Token, "&after_seq=20")
		c.expect(21, 30)
		s, _ := h.stream(eve.Token, "?after_seq=0")
		require.Equal(t, "resync_required", s.next().event)
		h.assigns(eve.Principal.UserID, 2, 1)
		s.expect(2, 2)
		require.EqualValues(t, 1, h.Count("notification_tickets"))
		h.byTicket(kept).isReady()
	})
}

// The rule: who reads while the beginning is being forgotten gets all of it, or is told that something is missing.
func TestForgettingIsNeverHidden(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, func(c *notifications.Config) { c.Retention = time.Hour })
		bob := h.LogIn(t, auth.RoleUser)
		var reading, writing sync.WaitGroup
		var gone, whole atomic.Int64
		done := make(chan struct{})
		for range 3 {
			reading.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					var newest, l list
					bob.Get("/api/v1/notifications?limit=20").Decode(200, &newest)
					if len(newest.Items) == 0 {
						continue
					}
					after := newest.Items[len(newest.Items)-1].Seq
					answer := bob.Get(fmt.Sprintf("/api/v1/notifications?after_seq=%d", after))
					if answer.Status == 410 {
						gone.Add(1)
						continue
					}
					answer.Decode(200, &l)
					for i, n := range l.Items {
						if n.Seq != after+int64(i)+1 {
							t.Errorf("after %d came %v", after, l.seqs())
						}
					}
					whole.Add(1)
				}
			})
		}
		jobstest.Run(t, h.queue)
		for range 4 {
			writing.Go(func() {
				for range 40 {
					event := assigned(bob.Principal.UserID, "Dig")
					event.At = clock.Normal(clock.System().Add(-2 * time.Hour))
					if err := h.publish(event); err != nil {
						t.Error(err)
					}
				}
			})
			writing.Go(func() {
				for range 10 {
					bob.Post("/api/v1/notifications/read-all", nil).Require(204)
				}
			})
		}
		writing.Go(func() {
			for range 8 {
				h.purgeNow(t)
			}
		})
		writing.Wait()
		close(done)
		reading.Wait()
		require.Positive(t, whole.Load())
		t.Logf("%d reads were whole, %d were told to start anew", whole.Load(), gone.Load())
		h.purgeNow(t)
		require.Zero(t, h.Count("notifications"))
		bob.Get("/api/v1/notifications?after_seq=160").Require(200)
		bob.Get("/api/v1/notifications?after_seq=159").RequireProblem(410, "resync_required")
	})
}

// purgeNow has what the hourly job does done now.
func (h *house) purgeNow(t *testing.T) {
	t.Helper()
	if err := h.DB.Do(t.Context(), func(ctx context.Context) error { return h.queue.Insert(ctx, purge{}) }); err != nil {
		t.Error(err)
	}
	jobstest.Await(t, h.DB)
}

// purge is the job of that kind.
type purge struct{}

func (purge) Kind() string { return "notifications.purge" }
