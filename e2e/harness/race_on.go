//go:build race

package harness

// loadFactor says how much less is done where the race detector makes the embedded database 6 to 20 times slower.
const loadFactor = 10
