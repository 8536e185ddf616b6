//go:build !race

package dbtest

// Race says whether the race detector watches this test. SQLite, which is C translated to Go, is then up to twenty
// times slower: a test may keep its cases small.
const Race = false
