//go:build race

package tasks_test

// underRace: SQLite, which is translated C, is then up to twenty times slower.
const underRace = true
