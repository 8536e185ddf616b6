package events

import (
	"encoding/json"
	"time"

	"house/shared/clock"
	"house/shared/ids"
)

type TaskCreated struct {
	Person
	By         Person
	ID         ids.ID
	Assignee   *ids.ID
	Watchers   []ids.ID
	Name, Note string
	Seen       *bool
	Count      int64
	At         time.Time
	Until      *time.Time
	After      time.Duration   // want "event-fields"
	Labels     []string        // want "event-fields"
	People     []Person        // want "event-fields"
	Pair       [2]ids.ID       // want "event-fields"
	Facts      map[string]any  // want "event-fields"
	Raw        json.RawMessage // want "event-fields"
	Owner      *Person         // want "event-fields"
	Anything   any             // want "event-fields"
	Clock      clock.ClockImpl // want "event-fields"
	Status     Status          // want "event-fields"
	Inner      struct{ X int } // want "event-fields"
}

type Status string

func (TaskCreated) EventName() string { return "tasks.task_created" }
