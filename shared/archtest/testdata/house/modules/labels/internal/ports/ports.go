package ports

import (
	_ "house/modules/labels/internal/domain"
	_ "house/modules/labels/internal/ports/mail"
	_ "house/shared/ids"
)
