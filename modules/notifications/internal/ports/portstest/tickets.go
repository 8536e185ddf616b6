package portstest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/clock"
)

func (s suite) keepTicket(t *testing.T, name string, expires time.Time) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		return s.Tickets.Keep(ctx, []byte(name), []byte("sealed "+name), expires)
	}))
}

func (s suite) takeTicket(t *testing.T, name string, at time.Time) (sealed string, ok bool) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		text, there, err := s.Tickets.Take(ctx, []byte(name), at)
		sealed, ok = string(text), there
		return err
	}))
	return sealed, ok
}

func (s suite) ticketsAreTaken(t *testing.T) {
	now := clock.System()
	s.keepTicket(t, "one", now.Add(time.Second))
	sealed, ok := s.takeTicket(t, "one", now)
	require.True(t, ok)
	require.Equal(t, "sealed one", sealed)
	_, ok = s.takeTicket(t, "one", now)
	require.False(t, ok)
	_, ok = s.takeTicket(t, "nobody's", now)
	require.False(t, ok)

	s.keepTicket(t, "late", now.Add(time.Second))
	_, ok = s.takeTicket(t, "late", now.Add(time.Second))
	require.False(t, ok)
	_, ok = s.takeTicket(t, "late", now.Add(time.Second-time.Microsecond))
	require.True(t, ok)
}

func (s suite) oneTakesATicket(t *testing.T) {
	now := clock.System()
	for round := range 10 {
		name := fmt.Sprintf("race %d", round)
		s.keepTicket(t, name, now.Add(time.Second))
		var mu sync.Mutex
		var taking sync.WaitGroup
		winners := 0
		for range 4 {
			taking.Go(func() {
				err := s.Work.Do(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
					_, ok, err := s.Tickets.Take(ctx, []byte(name), now)
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
}

func (s suite) ticketsAreSwept(t *testing.T) {
	now := clock.System()
	for i := range 5 {
		s.keepTicket(t, fmt.Sprintf("old %d", i), now.Add(-time.Second))
	}
	s.keepTicket(t, "young", now.Add(time.Second))
	sweep := func(limit int) (swept int) {
		require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) (err error) {
			swept, err = s.Tickets.Sweep(ctx, now, limit)
			return err
		}))
		return swept
	}
	require.Equal(t, 3, sweep(3))
	require.Equal(t, 2, sweep(3))
	require.Zero(t, sweep(3))
	_, ok := s.takeTicket(t, "young", now)
	require.True(t, ok)
}
