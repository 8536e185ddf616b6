package ratelimit

import "strconv"

// At sets the time for a store in Redis, in place of the server's clock.
func (r *Redis) At(microseconds int64) { r.now = strconv.FormatInt(microseconds, 10) }

// Subjects returns how many subjects of a budget are remembered, and for how many moments there is room.
func (m *Memory) Subjects(b Budget) (subjects, moments int) {
	for i := range m.shards(b) {
		s := &m.shards(b)[i]
		s.mu.Lock()
		subjects += len(s.logs)
		moments += s.moments
		s.mu.Unlock()
	}
	return subjects, moments
}

// The bounds of [Memory], for one budget.
const (
	MaxSubjects = maxSubjects * shards
	MaxMoments  = maxMoments * shards
)
