package archtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		bound, want   captures // want nil: no match
	}{
		{"shared/ids", "shared/ids", nil, captures{}},
		{"shared/ids", "shared/ids/x", nil, nil},
		{"shared/ids/x", "shared/ids", nil, nil},
		{"shared/**", "shared", nil, captures{}},
		{"shared/**", "shared/a/b", nil, captures{}},
		{"shared/**", "sharedness", nil, nil},
		{"**", "anything/at/all", nil, captures{}},
		{"**/cmd/**", "adapters/x/cmd/y", nil, captures{}},
		{"**/cmd/**", "adapters/x/command/y", nil, nil},
		{"modules/{m}/*.go", "modules/tasks/module.go", nil, captures{"m": "tasks"}},
		{"modules/{m}", "modules/tasks/internal", nil, nil},
		{"modules/{m}/internal/{room}", "modules/tasks/internal/ports", nil, captures{"m": "tasks", "room": "ports"}},
		{"{a}/{a}", "x/x", nil, captures{"a": "x"}},
		{"{a}/{a}", "x/y", nil, nil},
		{"modules/{m}/**", "modules/tasks", captures{"m": "tasks"}, captures{"m": "tasks"}},
		{"modules/{m}/**", "modules/labels", captures{"m": "tasks"}, nil},
		{"modules/{!m}/**", "modules/labels/internal", captures{"m": "tasks"}, captures{"m": "tasks"}},
		{"modules/{!m}/**", "modules/tasks/internal", captures{"m": "tasks"}, nil},
		{"{m}/adapters/{!a}/**", "x/adapters/x", captures{"m": "x", "a": "y"}, captures{"m": "x", "a": "y"}},
		{"std:**", "std:net/http", nil, captures{}},
		{"std:net", "std:net/http", nil, nil},
		{"std:shared/**", "shared/ids", nil, nil},
		{"shared/**", "std:shared/ids", nil, nil},
		{"gorm.io/**", "gorm.io/driver/postgres", nil, captures{}},
	} {
		got, ok := match(c.pattern, c.name, c.bound)
		require.Equal(t, c.want != nil, ok, "%s on %s", c.pattern, c.name)
		if ok && len(c.want) > 0 {
			require.Equal(t, c.want, got, "%s on %s", c.pattern, c.name)
		}
	}
}
