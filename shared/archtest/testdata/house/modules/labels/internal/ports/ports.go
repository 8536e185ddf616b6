package ports

import _ "house/modules/labels/internal/domain"
