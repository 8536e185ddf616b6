package main

import "testing"

// The command of the cases runs where TEST_DATABASE_URL is as they say, and its exit code is passed on.
func TestTheExitCodeIsTheCommands(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    map[string]string
		script string
		want   int
	}{
		{
			"a server that is given is used",
			map[string]string{"TEST_DATABASE_URL": "given"},
			`[ "$TEST_DATABASE_URL" = given ] && exit 5`, 5,
		},
		{
			"without PostgreSQL the command runs",
			map[string]string{"TEST_POSTGRES": "none"},
			`[ -z "$TEST_DATABASE_URL" ] && exit 4`, 4,
		},
		{"success is success", map[string]string{"TEST_POSTGRES": "none"}, `exit 0`, 0},
		{
			"PostgreSQL may be required",
			map[string]string{"TEST_POSTGRES": "none", "REQUIRE_POSTGRES": "1"},
			`exit 0`, 1,
		},
		{"Docker may be required", map[string]string{"TEST_POSTGRES": "local", "REQUIRE_DOCKER": "1"}, `exit 0`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, key := range []string{"TEST_DATABASE_URL", "TEST_POSTGRES", "REQUIRE_POSTGRES", "REQUIRE_DOCKER"} {
				t.Setenv(key, c.env[key])
			}
			if got := run([]string{"sh", "-c", c.script}); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

func TestACommandThatDoesNotExistFails(t *testing.T) {
	t.Setenv("TEST_DATABASE_URL", "given")
	if got := run([]string{"./no-such-command"}); got != 1 {
		t.Errorf("exit code %d, want 1", got)
	}
}
