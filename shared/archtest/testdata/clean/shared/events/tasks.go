package events

import "time"

type TaskCreated struct {
	Title string
	At    time.Time
}

func (TaskCreated) EventName() string { return "tasks.task_created" }
