package harness

import "sync"

// Load returns how often something is to be done to put the program under load: n, or less under the race detector,
// but never less than 2.
func Load(n int) int { return max(n/Sparse, min(n, 2)) }

// AtOnce runs a function n times at the same time, released together, and returns when all are done. The function must
// not end the test, as Do and the like would: it uses [Client.Try].
func AtOnce(n int, do func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	gate := make(chan struct{})
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-gate
			do(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
}
