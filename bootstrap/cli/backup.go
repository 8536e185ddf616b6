package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
)

func backupCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the SQLite database into a new file, while the server runs",
		Long: "Writes the whole SQLite database, as it is at this moment, into a new file that can take its place. The server\n" +
			"may go on reading and writing. The key that is kept beside the database in development is not part of it.\n" +
			"PostgreSQL has pg_dump.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("backup takes the name of one new file")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
				return backup(cmd, cfg, args[0])
			})(cmd, args)
		},
	}
}

func backup(cmd *cobra.Command, cfg *config.Config, file string) error {
	if cfg.IsPostgres() {
		return errors.New("the database is PostgreSQL, which pg_dump backs up")
	}
	db, err := bootstrap.OpenDatabase(cmd.Context(), cfg, bootstrap.NewLogger(cmd.ErrOrStderr(), cfg))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	switch err := db.Backup(cmd.Context(), file); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("there is a file %s already: name a new one", file)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "wrote", file)
	return err
}
