package application

import "time"

// Age returns how long ago the last complete look at the list of access changes began; before the first, how long the
// program has been running.
func (w *Watch) Age() time.Duration {
	w.memory.mu.RLock()
	defer w.memory.mu.RUnlock()
	return w.memory.elapsed() - w.memory.complete
}
