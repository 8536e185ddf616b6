package application

import (
	"clean/modules/tasks/internal/ports"
	"clean/shared/clock"
)

type Service struct {
	tasks ports.Tasks
	now   clock.Clock
}

func New(tasks ports.Tasks, now clock.Clock) *Service { return &Service{tasks, now} }
