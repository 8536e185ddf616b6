package ports

import "clean/modules/tasks/internal/domain"

type Tasks interface{ Get() domain.Task }
