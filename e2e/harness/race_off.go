//go:build !race

package harness

const loadFactor = 1
