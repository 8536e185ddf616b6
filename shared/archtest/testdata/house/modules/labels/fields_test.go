package labels_test

import (
	"house/adapters/module/moduletest"
	"house/modules/labels/internal/domain"
)

var (
	_ = moduletest.RequireFields[domain.MemberState]
	_ = moduletest.Other[domain.State]
)
