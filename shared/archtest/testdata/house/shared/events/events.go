package events

import "house/shared/ids"

// Person is a part.
type Person struct {
	ID   ids.ID
	Name string
}
