// Package cli is the command line of fasttrack.
//
// Exit codes: 0 done, 1 failed, 2 wrong use. An error is one line on standard error that says what to do.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap/config"
)

// The exit codes.
const (
	done     = 0
	failed   = 1
	wrongUse = 2
)

// usageError is a mistake in the command itself.
type usageError struct{ error }

// Run carries out one command in the environment of the process and returns its exit code.
func Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	return run(ctx, os.Environ(), args, os.Stdin, out, errOut)
}

func run(ctx context.Context, env environment, args []string, in io.Reader, out, errOut io.Writer) int {
	root := &cobra.Command{
		Use:           "fasttrack",
		Short:         "A task-management backend: REST with live notifications",
		Long:          "A task-management backend: REST with live notifications.\nWithout a command it serves.",
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          env.withConfig(serve),
	}
	root.AddCommand(
		serveCommand(env), demoCommand(env), migrateCommand(env), configCommand(env), openapiCommand(), eventsCommand(),
		adminCommand(env), userCommand(env), keysCommand(env), watchCommand(), healthcheckCommand(env), doctorCommand(env),
		backupCommand(env), copyCommand(env), versionCommand(),
	)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true

	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return done
	}
	_, _ = fmt.Fprintf(errOut, "%s: %s\n", command.CommandPath(), line(err))
	var usage usageError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintf(errOut, "Try: %s --help\n", command.CommandPath())
		return wrongUse
	}
	return failed
}

// noArguments refuses arguments as wrong use; an unknown command comes here as well.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown command or argument %q", args[0])}
	}
	return nil
}

// line returns an error in one line, but for the configuration's, which has one for each problem.
func line(err error) string {
	var problems *config.Error
	if errors.As(err, &problems) {
		return err.Error()
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

// environment is where the configuration is read from, as os.Environ returns it.
type environment []string

// withConfig hands the configuration to a command.
func (env environment) withConfig(run func(*cobra.Command, *config.Config) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(env)
		if err != nil {
			return err
		}
		return run(cmd, cfg)
	}
}

func configCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the settings in force, secrets masked",
		Args:  noArguments,
		RunE: env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), cfg.Show())
			return err
		}),
	}
}
