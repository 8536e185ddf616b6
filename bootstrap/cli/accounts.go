package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/modules/identity"
	"fasttrack/shared/errs"
)

func adminCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Make admins",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("say what to do: create")}
		},
	}
	var email string
	var quiet bool
	create := &cobra.Command{
		Use:   "create --email EMAIL [--password-stdin]",
		Short: "Make an account that is an admin",
		Long:  "Makes an account that is an admin, on the configured database.\n" + aboutStandardInput,
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if email == "" {
				return usageError{errors.New("--email is missing: say whose account it is to be")}
			}
			return env.withAccounts(cmd, func(ctx context.Context, accounts *identity.Module) error {
				password, err := readPassword(cmd, quiet)
				if err != nil {
					return err
				}
				if err := accounts.CreateAdmin(ctx, email, password); err != nil {
					return err
				}
				return say(cmd, "made the admin %s", email)
			})
		},
	}
	create.Flags().StringVar(&email, "email", "", "the address of the account")
	passwordFlag(create, &quiet)
	cmd.AddCommand(create)
	return cmd
}

func userCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "List users, reset a password, deactivate a user",
		Long:  "Works on the configured database, while nodes run or not; those that run notice within a second.",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("say what to do: list, reset-password or deactivate")}
		},
	}
	cmd.AddCommand(userListCommand(env), resetPasswordCommand(env), deactivateCommand(env))
	return cmd
}

func userListCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all users, the oldest first",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.withAccounts(cmd, func(ctx context.Context, accounts *identity.Module) error {
				out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				_, _ = fmt.Fprintln(out, "EMAIL\tROLE\tSTATE\tNAME\tID")
				for u, err := range accounts.Users(ctx) {
					if err != nil {
						return err
					}
					state := "active"
					if !u.IsActive {
						state = "deactivated"
					}
					name := strings.Join(strings.Fields(u.DisplayName), " ") // it may have lines and tabs
					_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", u.Email, u.Role, state, name, u.UserID)
				}
				return out.Flush()
			})
		},
	}
}

func resetPasswordCommand(env environment) *cobra.Command {
	var quiet bool
	cmd := &cobra.Command{
		Use:   "reset-password EMAIL [--password-stdin]",
		Short: "Give a user another password, and end all their sessions",
		Long:  "Gives a user another password, and ends all their sessions.\n" + aboutStandardInput,
		Args:  oneAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.withAccounts(cmd, func(ctx context.Context, accounts *identity.Module) error {
				password, err := readPassword(cmd, quiet)
				if err != nil {
					return err
				}
				ended, err := accounts.ResetPassword(ctx, args[0], password)
				if err != nil {
					return err
				}
				return say(cmd, "%s has another password; sessions ended: %d", args[0], ended)
			})
		},
	}
	passwordFlag(cmd, &quiet)
	return cmd
}

func deactivateCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "deactivate EMAIL",
		Short: "Deactivate a user, and end all their sessions",
		Args:  oneAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.withAccounts(cmd, func(ctx context.Context, accounts *identity.Module) error {
				if err := accounts.Deactivate(ctx, args[0]); err != nil {
					return err
				}
				return say(cmd, "%s is deactivated", args[0])
			})
		},
	}
}

// withAccounts hands the accounts of the configured database to a command.
func (env environment) withAccounts(cmd *cobra.Command, run func(context.Context, *identity.Module) error) error {
	return env.withConfig(func(cmd *cobra.Command, cfg *config.Config) (err error) {
		app, err := bootstrap.New(cmd.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, app.Close()) }()
		return plain(run(cmd.Context(), app.Accounts()))
	})(cmd, nil)
}

// plain says what is wrong with what was given, without the way in which the API would say it.
func plain(err error) error {
	var refused *errs.Error
	if !errors.As(err, &refused) || len(refused.Fields) == 0 {
		return err
	}
	complaints := make([]string, len(refused.Fields))
	for i, f := range refused.Fields {
		complaints[i] = "the " + strings.TrimPrefix(f.Location, "body.") + " " + f.Message
	}
	return errors.New(strings.Join(complaints, "; "))
}

func oneAddress(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{errors.New("takes one e-mail address: that of the user")}
	}
	return nil
}

const aboutStandardInput = "The password is the first line of standard input; with --password-stdin nothing asks for it."

func passwordFlag(cmd *cobra.Command, quiet *bool) {
	cmd.Flags().BoolVar(quiet, "password-stdin", false, "read the password from standard input without asking for it")
}

// readPassword reads the first line of standard input. It asks for it unless it is told not to.
func readPassword(cmd *cobra.Command, quiet bool) (string, error) {
	if !quiet {
		_, _ = fmt.Fprint(cmd.ErrOrStderr(), "Password (shown as you type): ")
	}
	const limit = 4096 // more than any password
	text, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), limit)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if password == "" {
		return "", errors.New("there is no password on standard input: give one line")
	}
	return password, nil
}

func say(cmd *cobra.Command, format string, args ...any) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
	return err
}
