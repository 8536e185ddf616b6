// Package events is the published language: what modules tell each other through the event bus, one file per
// publishing module.
//
// Names are in the past tense. Fields are ids, text, numbers and times, fat enough that a listener need not ask
// back; never an aggregate or a row. An event is a promise to modules that its publisher does not know: its JSON is
// pinned by a golden file in testdata, and it grows by new fields only.
package events

import "fasttrack/shared/ids"

// Person is somebody as others see them at the moment of the event.
type Person struct {
	ID   ids.ID `json:"id"`
	Name string `json:"name"` // display name
}
