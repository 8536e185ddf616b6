package application

import (
	"sync"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// memory is the list of access changes as one node holds it. The same change may arrive twice: from the unit of work
// that made it, and from the table. The first may arrive before older changes of other nodes. So each change is
// applied on its own; of two changes of the same user, the one with the higher number wins.
type memory struct {
	now     clock.Clock
	elapsed func() time.Duration // monotonic
	news    chan struct{}        // not empty while there are revocations to report

	mu          sync.RWMutex
	ended       map[ids.ID]time.Time           // session → when the change expires
	users       map[ids.ID]domain.AccessChange // user → latest change
	last        int64                          // all changes up to this number were read from the table
	begun       bool                           // complete was set
	complete    time.Duration                  // everything committed before is here; monotonic
	revocations []auth.Revocation              // not reported yet
}

func newMemory(now clock.Clock, elapsed func() time.Duration) *memory {
	return &memory{
		now: now, elapsed: elapsed, news: make(chan struct{}, 1),
		ended: map[ids.ID]time.Time{}, users: map[ids.ID]domain.AccessChange{},
	}
}

// learn applies changes in any order.
func (m *memory) learn(changes []domain.AccessChange) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if now.After(c.ExpiresAt) {
			continue
		}
		if c.SessionID.IsZero() {
			m.learnUser(c)
		} else if _, known := m.ended[c.SessionID]; !known {
			m.ended[c.SessionID] = c.ExpiresAt
			m.revoke(auth.Revocation{UserID: c.UserID, SessionID: c.SessionID})
		}
	}
}

func (m *memory) learnUser(c domain.AccessChange) {
	if known, ok := m.users[c.UserID]; ok && known.Seq >= c.Seq {
		return
	}
	m.users[c.UserID] = c
	if !c.IsActive {
		m.revoke(auth.Revocation{UserID: c.UserID})
	}
}

func (m *memory) revoke(r auth.Revocation) {
	m.revocations = append(m.revocations, r)
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// takeRevocations returns the revocations that were not reported yet; the next call does not return them again.
func (m *memory) takeRevocations() []auth.Revocation {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.revocations
	m.revocations = nil
	return taken
}

// position returns the number up to which the table was read.
func (m *memory) position() int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.last
}

// follow applies the changes that come next in the table.
func (m *memory) follow(changes []domain.AccessChange) {
	if len(changes) == 0 {
		return
	}
	m.learn(changes)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(m.last, changes[len(changes)-1].Seq)
}

// completeAsOf says that everything committed before the moment is here.
func (m *memory) completeAsOf(moment time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun, m.complete = true, moment
}

// judge applies the known changes to the principal of a token. When memory may be too old to decide, known is false
// and err is nil.
func (m *memory) judge(p auth.Principal) (judged auth.Principal, known bool, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if !m.begun || m.elapsed()-m.complete >= trustFor {
		return p, false, nil
	}
	if _, ended := m.ended[p.SessionID]; ended {
		return p, true, auth.ErrTokenRevoked
	}
	if c, changed := m.users[p.UserID]; changed {
		if !c.IsActive {
			return p, true, auth.ErrTokenRevoked
		}
		p.Role = c.Role
	}
	return p, true, nil
}

// forgetExpired removes the changes that can no longer affect any token.
func (m *memory) forgetExpired() {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, expires := range m.ended {
		if now.After(expires) {
			delete(m.ended, id)
		}
	}
	for id, c := range m.users {
		if now.After(c.ExpiresAt) {
			delete(m.users, id)
		}
	}
}
