package application

import (
	_ "log/slog"

	_ "house/modules/labels/internal/application/quota"
	_ "house/modules/labels/internal/domain"
	_ "house/modules/labels/internal/ports"
	_ "house/shared/uow"
)

type Service struct{}
