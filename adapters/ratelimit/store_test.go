package ratelimit_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"fasttrack/adapters/ratelimit"
	"fasttrack/adapters/redis/redistest"
	"fasttrack/shared/ids"
)

func TestMain(m *testing.M) {
	// What talks to Docker keeps a connection for the next container.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// stopwatch is a clock that stands still until it is moved.
type stopwatch struct{ nanoseconds atomic.Int64 }

func (s *stopwatch) elapsed() time.Duration { return time.Duration(s.nanoseconds.Load()) }

// timed is a store whose time is told.
type timed interface {
	ratelimit.Store
	at(elapsed time.Duration)
}

type timedMemory struct {
	*ratelimit.Memory
	watch *stopwatch
}

func (m timedMemory) at(elapsed time.Duration) { m.watch.nanoseconds.Store(int64(elapsed)) }

type timedRedis struct{ *ratelimit.Redis }

func (r timedRedis) at(elapsed time.Duration) { r.At(elapsed.Microseconds()) }

// naive keeps everything that was ever let through, and counts.
type naive map[string][]time.Duration

func (n naive) take(b ratelimit.Budget, subject ratelimit.Subject, now time.Duration) ratelimit.Decision {
	key := b.Name + string(subject[:])
	in := slices.DeleteFunc(slices.Clone(n[key]), func(then time.Duration) bool { return then < now-b.Window })
	d := ratelimit.Decision{Allowed: len(in) < b.Count}
	if d.Allowed {
		n[key], in = append(n[key], now), append(in, now)
	}
	d.Remaining = b.Count - len(in)
	d.Reset = in[0] + b.Window + time.Microsecond - now
	return d
}

// TestAStoreDecidesAsCountingWould: whatever comes when, a store says what is said by keeping everything and counting;
// and no interval of the window's length, wherever it begins, has more than the budget.
func TestAStoreDecidesAsCountingWould(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T) func() timed{
		"memory": func(*testing.T) func() timed {
			return func() timed {
				watch := &stopwatch{}
				return timedMemory{ratelimit.NewMemory(watch.elapsed), watch}
			}
		},
		"redis": func(t *testing.T) func() timed {
			client, n := redistest.Client(t), 0
			return func() timed {
				n++
				watch := &stopwatch{}
				return timedRedis{ratelimit.NewRedis(client, fmt.Sprintf("%d:", n), watch.elapsed, slog.New(slog.DiscardHandler))}
			}
		},
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			empty := store(t)
			rapid.Check(t, func(t *rapid.T) {
				s, counted := empty(), naive{}
				budgets := []ratelimit.Budget{
					{Name: "a", Rate: ratelimit.Rate{Count: rapid.IntRange(1, 9).Draw(t, "count"), Window: time.Second}},
					{Name: "b", Rate: ratelimit.Rate{Count: 3, Window: 7 * time.Second}},
				}
				now := time.Duration(0)
				for range rapid.IntRange(1, 60).Draw(t, "requests") {
					pause := rapid.OneOf(rapid.IntRange(0, 10), rapid.IntRange(0, 300_000),
						rapid.SampledFrom([]int{999_999, 1_000_000, 1_000_001, 7_000_000, 7_000_001})).Draw(t, "µs")
					now += time.Duration(pause) * time.Microsecond
					s.at(now)
					budget := rapid.SampledFrom(budgets).Draw(t, "budget")
					subject := ratelimit.Address(rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "::1"}).Draw(t, "from"))
					want := counted.take(budget, subject, now)
					if got := s.Take(context.Background(), budget, subject); got != want {
						t.Fatalf("%v at %v: want %+v, got %+v", budget, now, want, got)
					}
				}
				for key, moments := range counted {
					budget := budgets[slices.IndexFunc(budgets, func(b ratelimit.Budget) bool { return b.Name == key[:1] })]
					for i := range moments {
						if i >= budget.Count && moments[i]-moments[i-budget.Count] <= budget.Window {
							t.Fatalf("%d requests between %v and %v", budget.Count+1, moments[i-budget.Count], moments[i])
						}
					}
				}
			})
		})
	}
}

func TestOfManyAtOnceNoMoreThanTheBudgetGetThrough(t *testing.T) {
	t.Parallel()
	budget := ratelimit.Budget{Name: "login", Rate: ratelimit.Rate{Count: 20, Window: time.Hour}}
	for name, nodes := range map[string]func(t *testing.T) []ratelimit.Store{
		"memory": func(*testing.T) []ratelimit.Store {
			one := ratelimit.NewMemory((&stopwatch{}).elapsed)
			return []ratelimit.Store{one, one}
		},
		"redis, two nodes": func(t *testing.T) []ratelimit.Store {
			client := redistest.Client(t)
			node := func() ratelimit.Store {
				return ratelimit.NewRedis(client, "x:", (&stopwatch{}).elapsed, slog.New(slog.DiscardHandler))
			}
			return []ratelimit.Store{node(), node()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stores := nodes(t)
			subject := ratelimit.User(ids.New())
			var through atomic.Int64
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					for range 10 {
						if stores[i%2].Take(t.Context(), budget, subject).Allowed {
							through.Add(1)
						}
					}
				})
			}
			all.Wait()
			require.EqualValues(t, budget.Count, through.Load())
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	watch := &stopwatch{}
	m := ratelimit.NewMemory(watch.elapsed)
	budget := ratelimit.Budget{Name: "default", Rate: ratelimit.Rate{Count: 3, Window: time.Minute}}
	subject := func(n int) (s ratelimit.Subject) {
		binary.BigEndian.PutUint64(s[1:], uint64(n))
		return s
	}
	for n := range 2 * ratelimit.MaxSubjects {
		m.Take(t.Context(), budget, subject(n))
	}
	subjects, moments := m.Subjects(budget)
	require.LessOrEqual(t, subjects, ratelimit.MaxSubjects)
	require.LessOrEqual(t, moments, ratelimit.MaxMoments)
	require.Greater(t, subjects, ratelimit.MaxSubjects*9/10)
	require.Equal(t, 1, m.Take(t.Context(), budget, subject(2*ratelimit.MaxSubjects-1)).Remaining, "the last are remembered")

	// Those whose window has passed make room by themselves.
	watch.nanoseconds.Store(int64(time.Hour))
	for n := range ratelimit.MaxSubjects {
		m.Take(t.Context(), budget, subject(n%1024))
	}
	subjects, _ = m.Subjects(budget)
	require.LessOrEqual(t, subjects, 1024)

	// Few who send a lot are bounded as well.
	large := ratelimit.Budget{Name: "large", Rate: ratelimit.Rate{Count: ratelimit.MaxCount, Window: time.Hour}}
	for n := range 64 {
		for range ratelimit.MaxCount / 2 {
			m.Take(t.Context(), large, subject(n))
		}
	}
	_, moments = m.Subjects(large)
	require.LessOrEqual(t, moments, ratelimit.MaxMoments+16*ratelimit.MaxCount, "each shard keeps who speaks")
}

func TestAnIPv6AddressIsItsNetwork(t *testing.T) {
	t.Parallel()
	require.Equal(t, ratelimit.Address("2001:db8::1"), ratelimit.Address("2001:db8::ffff:1"))
	require.NotEqual(t, ratelimit.Address("2001:db8::1"), ratelimit.Address("2001:db8:0:1::1"))
	require.NotEqual(t, ratelimit.Address("10.0.0.1"), ratelimit.Address("10.0.0.2"))
	require.Equal(t, ratelimit.Address("10.0.0.1"), ratelimit.Address("::ffff:10.0.0.1"))
	require.Equal(t, ratelimit.Address(""), ratelimit.Address("nowhere"))
	id := ids.New()
	require.NotEqual(t, ratelimit.User(id), ratelimit.User(ids.New()))
}

func TestRatesAreTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ratelimit.Rate{
		"600/1m": {Count: 600, Window: time.Minute}, "10/1h": {Count: 10, Window: time.Hour},
		"5/1h30m": {Count: 5, Window: 90 * time.Minute}, "1/24h": {Count: 1, Window: 24 * time.Hour},
		"3/10m": {Count: 3, Window: 10 * time.Minute}, "3/10s": {Count: 3, Window: 10 * time.Second},
	} {
		var r ratelimit.Rate
		require.NoError(t, r.UnmarshalText([]byte(text)))
		require.Equal(t, want, r)
		back, err := r.MarshalText()
		require.NoError(t, err)
		require.Equal(t, text, string(back))
	}
	for _, text := range []string{"", "5", "5/", "/1m", "0/1m", "-1/1m", "5/1ms", "5/1.5s", "5/0s", "5/25h", "100001/1m", "5/1m/1m"} {
		var r ratelimit.Rate
		require.Error(t, r.UnmarshalText([]byte(text)), text)
	}
}

func BenchmarkMemory(b *testing.B) {
	began := time.Now()
	m := ratelimit.NewMemory(func() time.Duration { return time.Since(began) })
	budget := ratelimit.Budget{Name: "default", Rate: ratelimit.Rate{Count: 600, Window: time.Minute}}
	subjects := make([]ratelimit.Subject, 1000)
	for i := range subjects {
		subjects[i] = ratelimit.User(ids.New())
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Take(context.Background(), budget, subjects[i%len(subjects)])
	}
}
