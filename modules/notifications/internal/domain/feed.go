package domain

// Extent is what is kept of one user's feed: the notifications FirstKept…LastSeq, without a gap. The feed of a user
// who was never told anything has the extent {1, 0}.
type Extent struct {
	FirstKept int64
	LastSeq   int64
}

// CheckAfter fails with [ErrResync] unless all that came after seq is still there: seq is neither older than what is
// kept nor in the future.
func (e Extent) CheckAfter(seq int64) error {
	if seq < e.FirstKept-1 || seq > e.LastSeq {
		return ErrResync
	}
	return nil
}
