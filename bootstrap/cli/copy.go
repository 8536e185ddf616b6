package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/transfer"
	"fasttrack/adapters/jobs"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/migrations"
)

func copyCommand(env environment) *cobra.Command {
	var move move
	cmd := &cobra.Command{
		Use:   "copy --to URL",
		Short: "Move from SQLite to PostgreSQL: copy everything into an empty database",
		Long: "Makes the schema in an empty PostgreSQL database, copies every row of the SQLite database into it, reads it\n" +
			"back, and compares counts and checksums. If anything fails, the PostgreSQL database is left empty; the SQLite\n" +
			"database is not changed. The server must have been stopped: what works with the database is refused.",
		Args: noArguments,
		RunE: env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			return move.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cfg)
		}),
	}
	cmd.Flags().StringVar(&move.to, "to", "", "the new database, postgres://user:password@host:5432/name")
	cmd.Flags().BoolVar(&move.withoutJobs, "without-jobs", false, "leave behind jobs that wait, such as mail to be sent")
	return cmd
}

// move is from the configured SQLite database to a PostgreSQL one.
type move struct {
	to          string
	withoutJobs bool
}

func (m move) run(ctx context.Context, out, errOut io.Writer, cfg *config.Config) error {
	if m.to == "" {
		return usageError{errors.New("--to is missing: the URL of an empty PostgreSQL database")}
	}
	if cfg.IsPostgres() {
		return errors.New("DATABASE_URL is PostgreSQL already: only SQLite can be moved")
	}
	target := *cfg
	target.DatabaseURL = m.to
	if !target.IsPostgres() {
		return usageError{errors.New("--to must begin with postgres:// or postgresql://")}
	}
	from, err := bootstrap.OpenDatabase(ctx, cfg, bootstrap.NewLogger(errOut, cfg))
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if err := m.checkSource(ctx, from); err != nil {
		return err
	}
	to, err := bootstrap.OpenDatabase(ctx, &target, bootstrap.NewLogger(errOut, cfg))
	if err != nil {
		return err
	}
	defer func() { _ = to.Close() }()
	copied, err := m.fill(ctx, from, to)
	if err != nil {
		return err
	}
	for _, table := range copied {
		if _, err := fmt.Fprintf(out, "%8d  %s  %s\n", table.Rows, table.Sum[:16], table.Name); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "copied %d tables; now set DATABASE_URL to the new database and keep SECRET_KEY: on SQLite in "+
		"development it is in the file beside the database whose name ends in .secret\n", len(copied))
	return err
}

// checkSource refuses a database that is not fit to be copied, or not ready for it.
func (m move) checkSource(ctx context.Context, from *database.DB) error {
	migrator, err := migrations.New(from)
	if err != nil {
		return err
	}
	state, err := migrator.Check(ctx)
	if err != nil {
		return err
	}
	if err := bootstrap.Usable(state); err != nil {
		return err
	}
	if state.Newer {
		return fmt.Errorf("the schema (%d) is newer than this program (%d): copy with the newer one", state.Current, state.Latest)
	}
	served, err := jobs.IsServed(ctx, from)
	if err != nil {
		return err
	}
	if served {
		return errors.New("a server works with this database: stop it first, since what it writes from now on would be left behind")
	}
	waiting, err := jobs.Waiting(ctx, from)
	if err == nil && waiting > 0 && !m.withoutJobs {
		err = fmt.Errorf("%d jobs wait to be done, such as mail to be sent: run the server until they are, or leave them "+
			"behind with --without-jobs", waiting)
	}
	return err
}

// fill makes the schema in an empty database and copies the rows. When it fails it takes the schema back.
func (m move) fill(ctx context.Context, from, to *database.DB) (copied []transfer.Table, err error) {
	migrator, err := migrations.New(to)
	if err != nil {
		return nil, err
	}
	current, err := migrator.Current(ctx)
	if err != nil {
		return nil, err
	}
	if current != 0 {
		return nil, fmt.Errorf("the database of --to has a schema already (%d): give an empty one", current)
	}
	applied, err := migrator.Up(ctx)
	if err == nil {
		copied, err = transfer.Copy(ctx, from, to, func(table string) bool {
			return jobs.IsTable(table) || migrations.IsTable(table)
		})
	}
	if err != nil {
		_, undo := migrator.Down(context.WithoutCancel(ctx), len(applied))
		return nil, errors.Join(err, undo)
	}
	return copied, nil
}
