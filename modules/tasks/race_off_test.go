//go:build !race

package tasks_test

const underRace = false
