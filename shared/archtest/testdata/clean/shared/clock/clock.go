package clock

import "time"

type Clock func() time.Time

func System() time.Time { return time.Now().UTC() }
