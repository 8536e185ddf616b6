// Package clock gives the time. It is handed to whoever needs it, so that a test can say what time it is.
package clock

import "time"

// Clock returns the current time in UTC at microseconds, the finest that PostgreSQL keeps.
type Clock func() time.Time

// System is the clock of the machine.
func System() time.Time { return Normal(time.Now()) }

// Normal brings any time to the form in which all times are kept: UTC, microseconds, no monotonic part.
func Normal(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

var start = time.Now()

// Monotonic returns how long the program has been running, by a clock that nobody sets: for the question how long ago
// something was, to which the time of day is no answer.
func Monotonic() time.Duration { return time.Since(start) }

// In returns the moment that is d from now by the machine's clock, for the deadlines of network connections: those are
// real whatever time a test says it is.
func In(d time.Duration) time.Time { return time.Now().Add(d) }
