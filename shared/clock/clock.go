// Package clock gives the time. It is handed to whoever needs it, so that a test can say what time it is.
package clock

import "time"

// Clock returns the current time in UTC at microseconds, the finest that PostgreSQL keeps.
type Clock func() time.Time

// System is the clock of the machine.
func System() time.Time { return Normal(time.Now()) }

// Normal brings any time to the form in which all times are kept: UTC, microseconds, no monotonic part.
func Normal(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
