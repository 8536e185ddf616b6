package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fasttrack/adapters/database"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/mail"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/migrations"
)

func doctorCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong: settings, database, schema, copies, jobs, mail",
		Long: "Prints one line for each thing that was looked at: ok, warning or FAILED, and what to do. It changes nothing,\n" +
			"may run beside the server, and fails when anything failed.",
		Args: noArguments,
		RunE: env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			d := &doctor{out: cmd.OutOrStdout()}
			d.examine(cmd.Context(), cfg)
			switch {
			case d.broken != nil:
				return d.broken
			case d.failed > 0:
				return fmt.Errorf("%d of the things above failed", d.failed)
			}
			return nil
		}),
	}
}

// doctor prints what it finds.
type doctor struct {
	out    io.Writer
	failed int
	broken error // of writing
}

func (d *doctor) examine(ctx context.Context, cfg *config.Config) {
	d.ok("settings", "%s, usable", cfg.Environment) // or they would not have been loaded
	if db := d.database(ctx, cfg); db != nil {
		defer func() { _ = db.Close() }()
		if d.schema(ctx, db) {
			d.copies(ctx, db)
			d.jobs(ctx, db)
		}
	}
	d.mail(ctx, cfg)
}

// database opens the database; nil: it cannot be opened.
func (d *doctor) database(ctx context.Context, cfg *config.Config) *database.DB {
	db, err := bootstrap.OpenDatabase(ctx, cfg, bootstrap.NewLogger(io.Discard, cfg))
	if err != nil {
		d.fail("database", "%s", line(err))
		return nil
	}
	if db.Dialect() == database.SQLite {
		var verdict string
		err := db.Conn(ctx).Raw("SELECT quick_check FROM pragma_quick_check LIMIT 1").Scan(&verdict).Error
		d.judge("database", err == nil && verdict == "ok", "SQLite, sound",
			"the file is damaged (%s): restore a backup", said(verdict, err))
		return db
	}
	var server struct {
		Version     string
		Connections int
	}
	err = db.Conn(ctx).Raw("SELECT current_setting('server_version') AS version," +
		" current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections").
		Scan(&server).Error
	if err != nil {
		d.fail("database", "%s", line(database.Translate(err)))
		return db
	}
	// Beside its pool a node has two connections for hints.
	d.ok("database", "PostgreSQL %s; its connections are enough for %d nodes of these settings",
		server.Version, server.Connections/(cfg.DBMaxOpenConns+2))
	if server.Connections < cfg.DBMaxOpenConns+2 {
		d.warn("database", "one node may ask for %d connections, and the server has %d: lower DB_MAX_OPEN_CONNS",
			cfg.DBMaxOpenConns+2, server.Connections)
	}
	return db
}

// schema reports whether the tables are those that this program knows.
func (d *doctor) schema(ctx context.Context, db *database.DB) bool {
	migrator, err := migrations.New(db)
	if err != nil {
		d.fail("schema", "%s", line(err))
		return false
	}
	state, err := migrator.Check(ctx)
	if err == nil {
		err = bootstrap.Usable(state)
	}
	switch {
	case err != nil:
		d.fail("schema", "%s", line(err))
		return false
	case state.Drifted:
		d.warn("schema", "somebody changed it by hand: see fasttrack migrate check")
	case state.Newer:
		d.warn("schema", "%d, newer than this program (%d), and usable by it", state.Current, state.Latest)
	default:
		d.ok("schema", "up to date at %d", state.Current)
	}
	return true
}

// copies compares what modules keep of each other with what it was copied from.
func (d *doctor) copies(ctx context.Context, db *database.DB) {
	for _, c := range copies {
		var differ int64
		err := db.Conn(ctx).Raw(c.differences()).Scan(&differ).Error
		d.judge("copy "+c.table, err == nil && differ == 0, "the same as "+c.source,
			"%s differ from %s, which should not happen: report it",
			said(fmt.Sprintf("%d rows", differ), err), c.source)
	}
}

// copied is a table that keeps what another module owns, row by row. Both sides have a version.
type copied struct {
	table, source string
	on            map[string]string // the columns of the copy that name the row of the source
}

var (
	sameUser       = map[string]string{"user_id": "id"}
	sameMembership = map[string]string{"organization_id": "organization_id", "user_id": "user_id"}
)

var copies = []copied{
	{"organization_users", "users", sameUser},
	{"project_members", "organization_members", sameMembership},
	{"task_users", "users", sameUser},
	{"task_members", "organization_members", sameMembership},
	{"task_projects", "projects", map[string]string{"id": "id"}},
	{"comment_users", "users", sameUser},
	{"comment_members", "organization_members", sameMembership},
	{"comment_projects", "projects", map[string]string{"project_id": "id"}},
	{"comment_tasks", "tasks", map[string]string{"task_id": "id"}},
}

// differences counts rows of which one side has another version, or none.
func (c copied) differences() string {
	var on []string
	for _, column := range slices.Sorted(maps.Keys(c.on)) {
		on = append(on, fmt.Sprintf("c.%s = s.%s", column, c.on[column]))
	}
	return fmt.Sprintf("SELECT COUNT(*) FROM %s AS s FULL JOIN %s AS c ON %s"+
		" WHERE s.version IS NULL OR c.version IS NULL OR s.version <> c.version",
		c.source, c.table, strings.Join(on, " AND "))
}

func (d *doctor) jobs(ctx context.Context, db *database.DB) {
	waiting, err := jobs.Waiting(ctx, db)
	var givenUp int64
	if err == nil {
		givenUp, err = jobs.GivenUp(ctx, db)
	}
	switch {
	case err != nil:
		d.fail("jobs", "%s", line(err))
	case givenUp > 0:
		d.warn("jobs", "%d failed until they were given up; the log says why", givenUp)
	default:
		d.ok("jobs", "%d wait, none was given up", waiting)
	}
}

func (d *doctor) mail(ctx context.Context, cfg *config.Config) {
	switch {
	case cfg.SMTPURL == "" && cfg.IsProduction():
		d.warn("mail", "SMTP_URL is not set: nobody can reset a forgotten password")
	case cfg.SMTPURL == "":
		d.ok("mail", "goes to files, since SMTP_URL is not set")
	default:
		server, err := mail.NewSMTP(cfg.SMTPURL, cfg.MailFrom)
		if err == nil {
			err = server.Probe(ctx)
		}
		d.judge("mail", err == nil, "the server answers", "%s: check SMTP_URL", said("", err))
	}
}

// said is what went wrong, or else what was found.
func said(found string, err error) string {
	if err != nil {
		return line(err)
	}
	return found
}

func (d *doctor) judge(what string, fine bool, verdict, format string, args ...any) {
	if fine {
		d.ok(what, "%s", verdict)
		return
	}
	d.fail(what, format, args...)
}

func (d *doctor) ok(what, format string, args ...any)   { d.print("ok", what, format, args...) }
func (d *doctor) warn(what, format string, args ...any) { d.print("warning", what, format, args...) }

func (d *doctor) fail(what, format string, args ...any) {
	d.failed++
	d.print("FAILED", what, format, args...)
}

func (d *doctor) print(verdict, what, format string, args ...any) {
	_, err := fmt.Fprintf(d.out, "%-7s  %s: %s\n", verdict, what, strings.TrimSpace(fmt.Sprintf(format, args...)))
	d.broken = errors.Join(d.broken, err)
}
