package bootstrap

import (
	"context"
	"fmt"
	"log/slog"

	"fasttrack/adapters/database"
	"fasttrack/bootstrap/config"
	"fasttrack/migrations"
	"fasttrack/shared/errs"
)

// prepareSchema migrates if it may, and refuses to go on with a schema that this program cannot use. It returns the
// probe that says whether the schema is still as new as the program.
func prepareSchema(
	ctx context.Context, cfg *config.Config, db *database.DB, log *slog.Logger,
) (ready func(context.Context) error, err error) {
	migrator, err := migrations.New(db)
	if err != nil {
		return nil, err
	}
	if *cfg.AutoMigrate {
		applied, err := migrator.Up(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range applied {
			log.InfoContext(ctx, "migrated", "migration", m.Name)
		}
	}
	state, err := migrator.Check(ctx)
	if err != nil {
		return nil, err
	}
	if err := Usable(state); err != nil {
		return nil, err
	}
	if state.Drifted {
		log.WarnContext(ctx, "somebody changed the schema by hand; see fasttrack migrate check")
	}
	return func(ctx context.Context) error {
		current, err := migrator.Current(ctx)
		if err == nil && current < migrator.Latest() {
			err = errs.New(errs.Unavailable, errs.CodeUnavailable, "the schema is older than the program")
		}
		return err
	}, nil
}

// Usable says why this program cannot run on a schema, and what to do about it. It returns nil if it can.
func Usable(state migrations.State) error {
	switch {
	case state.Breaking:
		return fmt.Errorf("the schema (%d) is newer than this program (%d) and not usable by it: upgrade the program",
			state.Current, state.Latest)
	case len(state.Pending) > 0:
		return fmt.Errorf("the schema (%d) is older than this program (%d): run fasttrack migrate up, or set AUTO_MIGRATE=true",
			state.Current, state.Latest)
	}
	return nil
}
