package portstest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/uow"
)

// Tickets is the contract of ports.Tickets, of an implementation that is empty yet.
func Tickets(t *testing.T, work uow.UnitOfWork, tickets ports.Tickets) {
	now := clock.System()
	keep := func(name string, expires time.Time) {
		t.Helper()
		require.NoError(t, work.Do(t.Context(), func(ctx context.Context) error {
			return tickets.Keep(ctx, []byte(name), []byte("sealed "+name), expires)
		}))
	}
	take := func(name string, at time.Time) (sealed string, ok bool) {
		t.Helper()
		require.NoError(t, work.Do(t.Context(), func(ctx context.Context) error {
			text, there, err := tickets.Take(ctx, []byte(name), at)
			sealed, ok = string(text), there
			return err
		}))
		return sealed, ok
	}

	t.Run("a ticket is taken once", func(t *testing.T) {
		keep("one", now.Add(time.Second))
		sealed, ok := take("one", now)
		require.True(t, ok)
		require.Equal(t, "sealed one", sealed)
		_, ok = take("one", now)
		require.False(t, ok)
		_, ok = take("nobody's", now)
		require.False(t, ok)
	})
	t.Run("not at its expiry any more", func(t *testing.T) {
		keep("late", now.Add(time.Second))
		_, ok := take("late", now.Add(time.Second))
		require.False(t, ok)
		_, ok = take("late", now.Add(time.Second-time.Microsecond))
		require.True(t, ok)
	})
	t.Run("of many takers one gets it", func(t *testing.T) {
		for round := range 10 {
			name := fmt.Sprintf("race %d", round)
			keep(name, now.Add(time.Second))
			var mu sync.Mutex
			var taking sync.WaitGroup
			winners := 0
			for range 4 {
				taking.Go(func() {
					err := work.Do(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
						_, ok, err := tickets.Take(ctx, []byte(name), now)
						if ok {
							mu.Lock()
							defer mu.Unlock()
							winners++
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			taking.Wait()
			require.Equal(t, 1, winners)
		}
	})
	t.Run("what has expired is swept, the rest is not", func(t *testing.T) {
		for i := range 5 {
			keep(fmt.Sprintf("old %d", i), now.Add(-time.Second))
		}
		keep("young", now.Add(time.Second))
		sweep := func(limit int) (swept int) {
			require.NoError(t, work.Do(t.Context(), func(ctx context.Context) (err error) {
				swept, err = tickets.Sweep(ctx, now, limit)
				return err
			}))
			return swept
		}
		require.Equal(t, 3, sweep(3))
		require.Equal(t, 2, sweep(3))
		require.Zero(t, sweep(3))
		_, ok := take("young", now)
		require.True(t, ok)
	})
}
