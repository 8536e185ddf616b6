package tasks_test

import (
	"clean/adapters/module/moduletest"
	"clean/modules/tasks/internal/domain"
)

var _ = moduletest.RequireFields[domain.State]
