package cli

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/migrations"
)

func migrateCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Show and change the version of the schema",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError{errors.New("say what to do: up, down, status, current, check or create")}
		},
	}
	cmd.AddCommand(
		env.migration("up", "Apply everything that is pending", migrateUp),
		env.migrateDownCommand(),
		env.migration("status", "List the migrations and when each was applied", migrateStatus),
		env.migration("current", "Print the number of the newest migration that was applied", migrateCurrent),
		env.migration("check", "Fail when migrations are pending or somebody changed the schema by hand", migrateCheck),
		migrateCreateCommand(),
	)
	return cmd
}

func (env environment) migration(
	use, short string, run func(*cobra.Command, *migrations.Migrator) error,
) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  noArguments,
		RunE:  env.withMigrator(run),
	}
}

// withMigrator opens the configured database for the time of one command.
func (env environment) withMigrator(
	run func(*cobra.Command, *migrations.Migrator) error,
) func(*cobra.Command, []string) error {
	return env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
		db, err := bootstrap.OpenDatabase(cmd.Context(), cfg, bootstrap.NewLogger(cmd.ErrOrStderr(), cfg))
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		migrator, err := migrations.New(db)
		if err != nil {
			return err
		}
		return run(cmd, migrator)
	})
}

func migrateUp(cmd *cobra.Command, m *migrations.Migrator) error {
	applied, err := m.Up(cmd.Context())
	return report(cmd, "applied", applied, err)
}

func (env environment) migrateDownCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "down [N]",
		Short: "Take back the last migration, or the last N",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{errors.New("down takes one number at most")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n := 1
			if len(args) == 1 {
				parsed, err := strconv.Atoi(args[0])
				if err != nil || parsed < 1 {
					return usageError{fmt.Errorf("%q is not a number of migrations", args[0])}
				}
				n = parsed
			}
			return env.withMigrator(func(cmd *cobra.Command, m *migrations.Migrator) error {
				undone, err := m.Down(cmd.Context(), n)
				return report(cmd, "took back", undone, err)
			})(cmd, args)
		},
	}
}

// report prints what was changed, also before an error ended it, and returns the error.
func report(cmd *cobra.Command, what string, changed []migrations.Migration, err error) error {
	if err == nil && len(changed) == 0 {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "nothing to do")
		return err
	}
	for _, m := range changed {
		if _, writeErr := fmt.Fprintln(cmd.OutOrStdout(), what, m.Name); writeErr != nil {
			return errors.Join(err, writeErr)
		}
	}
	return err
}

func migrateStatus(cmd *cobra.Command, m *migrations.Migrator) error {
	all, err := m.Status(cmd.Context())
	if err != nil {
		return err
	}
	for _, m := range all {
		when := "pending"
		if !m.AppliedAt.IsZero() {
			when = m.AppliedAt.Format("2006-01-02 15:04:05")
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-19s  %s\n", when, m.Name); err != nil {
			return err
		}
	}
	return nil
}

func migrateCurrent(cmd *cobra.Command, m *migrations.Migrator) error {
	current, err := m.Current(cmd.Context())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), current)
	return err
}

func migrateCheck(cmd *cobra.Command, m *migrations.Migrator) error {
	state, err := m.Check(cmd.Context())
	if err != nil {
		return err
	}
	if err := bootstrap.Usable(state); err != nil {
		return err
	}
	if state.Drifted {
		return errors.New("the schema is not as the migrations left it: somebody changed it by hand; change it back, or " +
			"make a migration of it")
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "the schema is up to date at %d\n", state.Current)
	return err
}

func migrateCreateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "create NAME",
		Short: "Write the next numbered migration for both dialects, such as tasks_add_labels",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("create takes one name, such as tasks_add_labels")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return createMigration(cmd, args[0]) },
	}
}

func createMigration(cmd *cobra.Command, name string) error {
	const dir = "migrations"
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("there is no folder %s here: run this where the source of fasttrack is", dir)
	}
	files, err := migrations.Create(dir, name)
	for _, file := range files {
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), "wrote", file)
	}
	return err
}
