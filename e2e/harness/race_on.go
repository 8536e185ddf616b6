//go:build race

package harness

// Sparse is how much less is done, one of so many cases, where the race detector makes the embedded database 6 to 20
// times slower.
const Sparse = 10
