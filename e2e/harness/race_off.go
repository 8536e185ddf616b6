//go:build !race

package harness

// Sparse is how much less is done under the race detector; here all is.
const Sparse = 1
