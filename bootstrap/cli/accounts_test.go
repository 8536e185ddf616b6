package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap/cli"
	"fasttrack/e2e/harness"
)

const strong = "seven grey owls listen"

// told runs a command with a password on standard input.
func told(t *testing.T, environ map[string]string, password string, args ...string) outcome {
	t.Helper()
	var out, errOut bytes.Buffer
	code := cli.RunWith(t.Context(), variables(environ), password+"\n", append(args, "--password-stdin"), &out, &errOut)
	return outcome{code, out.String(), errOut.String()}
}

func TestAnAdminIsMadeWithoutANode(t *testing.T) {
	each(t, empty, func(t *testing.T, env map[string]string) {
		printed := requireDone(t, told(t, env, strong, "admin", "create", "--email", "root@example.com"))
		require.Equal(t, "made the admin root@example.com\n", printed)

		again := told(t, env, strong, "admin", "create", "--email", "ROOT@example.com")
		requireFailure(t, again, "fasttrack admin create", "an account with this e-mail address exists already")
		weak := told(t, env, "password1", "admin", "create", "--email", "two@example.com")
		requireFailure(t, weak, "fasttrack admin create", "the password is too easy to guess: ")
		require.NotContains(t, weak.errOut, "password1")
		requireFailure(t, told(t, env, strong, "admin", "create", "--email", "root"), "fasttrack admin create",
			"the email must be an e-mail address")
		requireFailure(t, told(t, env, "", "admin", "create", "--email", "two@example.com"), "fasttrack admin create",
			"there is no password on standard input")

		p := harness.Start(t, env["DATABASE_URL"])
		root := p.Login("root@example.com", strong)
		require.Len(t, harness.All[harness.User](root.Client, "/users?role=admin"), 2, "with that of the harness")
		require.NotEmpty(t, harness.All[harness.Project](root.Client, "/projects"), "other modules have heard: the Inbox is there")
	})
}

func TestAPasswordIsAskedFor(t *testing.T) {
	t.Parallel()
	env := settings(empty(t, "sqlite"))
	var out, errOut bytes.Buffer
	args := []string{"admin", "create", "--email", "root@example.com"}
	require.Zero(t, cli.RunWith(t.Context(), variables(env), strong+"\r\nand more", args, &out, &errOut), errOut.String())
	require.Equal(t, "Password (shown as you type): ", errOut.String())
	requireDone(t, told(t, env, strong+"!", "user", "reset-password", "root@example.com"))
}

func TestUsersAreListedTheOldestFirst(t *testing.T) {
	each(t, dbtest.URL, func(t *testing.T, env map[string]string) {
		require.Len(t, lines(requireDone(t, fasttrack(t, env, "user", "list"))), 1, "the head alone")
		p := harness.Start(t, env["DATABASE_URL"])
		ann, bob := p.Register("Ann"), p.Register("Bob")
		p.Stop()
		requireDone(t, fasttrack(t, env, "user", "deactivate", bob.Email))
		list := lines(requireDone(t, fasttrack(t, env, "user", "list")))
		require.Len(t, list, 4)
		require.Regexp(t, `^EMAIL +ROLE +STATE +NAME +ID$`, list[0])
		require.Regexp(t, `^`+harness.AdminEmail+` +admin +active `, list[1])
		require.Regexp(t, `^`+ann.Email+` +user +active +Ann +`+ann.ID+`$`, list[2])
		require.Regexp(t, `^`+bob.Email+` +user +deactivated +Bob +`+bob.ID+`$`, list[3])
	})
}

// What is done at the command line is done as by an admin: sessions end, the last admin stays, and it is noted.
func TestAUserIsManagedFromTheCommandLine(t *testing.T) {
	each(t, dbtest.URL, func(t *testing.T, env map[string]string) {
		p := harness.Start(t, env["DATABASE_URL"])
		admin, ann := p.Admin(), p.Register("Ann")
		p.Login(ann.Email, ann.Password)

		printed := requireDone(t, told(t, env, strong, "user", "reset-password", strings.ToUpper(ann.Email)))
		require.Contains(t, printed, "has another password; sessions ended: 2\n")
		p.Post("/auth/login", map[string]any{"email": ann.Email, "password": ann.Password}).Wants(401)
		p.Login(ann.Email, strong)
		weak := told(t, env, ann.Email, "user", "reset-password", ann.Email)
		requireFailure(t, weak, "fasttrack user reset-password", "the password is too easy to guess")

		require.Equal(t, ann.Email+" is deactivated\n", requireDone(t, fasttrack(t, env, "user", "deactivate", ann.Email)))
		requireDone(t, fasttrack(t, env, "user", "deactivate", ann.Email)) // and stays so
		p.Post("/auth/login", map[string]any{"email": ann.Email, "password": strong}).WantsProblem(403, "account_disabled")

		requireFailure(t, fasttrack(t, env, "user", "deactivate", harness.AdminEmail), "fasttrack user deactivate",
			"the last active admin must stay an active admin")
		requireFailure(t, fasttrack(t, env, "user", "deactivate", "nobody@example.com"), "fasttrack user deactivate",
			"there is no such user")

		type entry struct {
			ActorID  *string           `json:"actor_id"`
			Action   string            `json:"action"`
			TargetID string            `json:"target_id"`
			Details  map[string]string `json:"details"`
		}
		for action, details := range map[string]map[string]string{
			"password_changed":   {"by": "command line", "ended_sessions": "2"},
			"activation_changed": {"by": "command line", "from": "active", "to": "deactivated"},
		} {
			entries := harness.All[entry](admin.Client, "/admin/audit?action="+action)
			require.Equal(t, []entry{{nil, action, ann.ID, details}}, entries)
		}
	})
}

func TestWrongUseOfTheAccountCommands(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"admin":                        "say what to do: create",
		"admin x":                      `unknown command or argument "x"`,
		"admin create":                 "--email is missing",
		"admin create x":               `unknown command or argument "x"`,
		"user":                         "say what to do: list, reset-password or deactivate",
		"user list x":                  `unknown command or argument "x"`,
		"user reset-password":          "takes one e-mail address",
		"user deactivate":              "takes one e-mail address",
		"user deactivate a@b.c d@e.fg": "takes one e-mail address",
	} {
		o := fasttrack(t, map[string]string{"ENVIRONMENT": "nonsense"}, strings.Fields(args)...)
		require.Equal(t, 2, o.code, args)
		require.Contains(t, o.errOut, says, args)
		require.Len(t, lines(o.errOut), 2, o.errOut)
	}
}
