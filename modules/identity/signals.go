package identity

import "time"

// WatchAge returns how old what this node knows of ended sessions may be, while [Module.Run] runs: a few hundred
// milliseconds. When it grows, requests ask the database.
func (m *Module) WatchAge() time.Duration { return m.watch.Age() }
