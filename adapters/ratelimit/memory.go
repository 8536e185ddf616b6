package ratelimit

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// What is kept of one budget is bounded: beyond, who has been silent longest is forgotten. Without new requests memory
// is not given back, but it is used again.
const (
	shards        = 16
	maxSubjects   = 1 << 16 / shards // of a shard
	maxMoments    = 1 << 21 / shards // eight bytes each
	forgetAtATime = 2                // of those whose window has passed, by each request
)

// Memory is a [Store] in the process.
type Memory struct {
	elapsed func() time.Duration
	seed    maphash.Seed

	mu      sync.RWMutex
	budgets map[Budget]*[shards]shard
}

var _ Store = (*Memory)(nil)

// NewMemory returns a store in which nothing has been spent. elapsed is a clock that nobody sets, such as
// clock.Monotonic.
func NewMemory(elapsed func() time.Duration) *Memory {
	return &Memory{elapsed: elapsed, seed: maphash.MakeSeed(), budgets: map[Budget]*[shards]shard{}}
}

// Take implements [Store].
func (m *Memory) Take(_ context.Context, budget Budget, subject Subject) Decision {
	s := &m.shards(budget)[maphash.Comparable(m.seed, subject)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	// Under the lock, so that moments come in order.
	now, window := m.elapsed().Microseconds(), budget.Window.Microseconds()
	s.forgetBefore(now - window)
	l := s.log(subject)
	l.dropBefore(now - window)
	allowed := l.n < budget.Count
	if allowed {
		s.moments += l.add(now, budget.Count)
		s.makeRoom(l)
	}
	return decide(allowed, budget, l.n, l.first()+window-now)
}

// decide tells how many are left, and when the oldest of those that were spent has left the window. Both ends of an
// interval belong to it, so that is one moment after the window has passed.
func decide(allowed bool, budget Budget, spent int, untilFirstLeaves int64) Decision {
	return Decision{
		Allowed: allowed, Remaining: max(0, budget.Count-spent), // another node may have had a larger budget

		Reset: time.Duration(untilFirstLeaves+1) * time.Microsecond,
	}
}

func (m *Memory) shards(b Budget) *[shards]shard {
	m.mu.RLock()
	there := m.budgets[b]
	m.mu.RUnlock()
	if there != nil {
		return there
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.budgets[b] == nil {
		m.budgets[b] = &[shards]shard{}
	}
	return m.budgets[b]
}

// shard is a part of the subjects of one budget, those that spoke last in front.
type shard struct {
	mu             sync.Mutex
	logs           map[Subject]*log
	newest, oldest *log
	moments        int // for which there is room in the logs
}

// log returns that of a subject, and moves it to the front.
func (s *shard) log(subject Subject) *log {
	l := s.logs[subject]
	if l == s.newest && l != nil {
		return l
	}
	if l == nil {
		if s.logs == nil {
			s.logs = map[Subject]*log{}
		}
		l = &log{subject: subject}
		s.logs[subject] = l
	} else {
		s.unlink(l)
	}
	l.older = s.newest
	if s.newest != nil {
		s.newest.newer = l
	}
	s.newest = l
	if s.oldest == nil {
		s.oldest = l
	}
	return l
}

func (s *shard) unlink(l *log) {
	if l.newer != nil {
		l.newer.older = l.older
	} else {
		s.newest = l.older
	}
	if l.older != nil {
		l.older.newer = l.newer
	} else {
		s.oldest = l.newer
	}
	l.newer, l.older = nil, nil
}

func (s *shard) forget(l *log) {
	s.unlink(l)
	delete(s.logs, l.subject)
	s.moments -= len(l.ring)
}

// forgetBefore forgets some of those who were let through for the last time before a moment.
func (s *shard) forgetBefore(moment int64) {
	for range forgetAtATime {
		if s.oldest == nil || s.oldest.n > 0 && s.oldest.last() >= moment {
			return
		}
		s.forget(s.oldest)
	}
}

// makeRoom keeps the shard in its bounds, at the cost of anybody but one.
func (s *shard) makeRoom(but *log) {
	for s.oldest != but && (len(s.logs) > maxSubjects || s.moments > maxMoments) {
		s.forget(s.oldest)
	}
}

// log is when a subject was let through, in microseconds: a ring, no longer than the budget's count.
type log struct {
	subject      Subject
	newer, older *log
	ring         []int64
	head, n      int
}

func (l *log) first() int64 { return l.ring[l.head] }

func (l *log) last() int64 { return l.ring[(l.head+l.n-1)%len(l.ring)] }

func (l *log) dropBefore(moment int64) {
	for l.n > 0 && l.first() < moment {
		l.head = (l.head + 1) % len(l.ring)
		l.n--
	}
}

// add appends a moment, and returns by how many more the ring has room since.
func (l *log) add(moment int64, limit int) (grown int) {
	if l.n == len(l.ring) {
		bigger := make([]int64, min(max(2*len(l.ring), 4), limit))
		copied := copy(bigger, l.ring[l.head:])
		copy(bigger[copied:], l.ring[:l.head])
		grown = len(bigger) - len(l.ring)
		l.ring, l.head = bigger, 0
	}
	l.ring[(l.head+l.n)%len(l.ring)] = moment
	l.n++
	return grown
}
