package feeder

import "time"

// AnswerIn changes how long the database has for an answer. It is called before the feeder runs.
func (f *Feeder) AnswerIn(limit time.Duration) { f.limit = limit }
