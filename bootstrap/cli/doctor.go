package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fasttrack/adapters/database"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/mail"
	"fasttrack/adapters/redis"
	"fasttrack/adapters/replica"
	"fasttrack/adapters/statistics"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/migrations"
	"fasttrack/shared/clock"
	sharedstatistics "fasttrack/shared/statistics"
)

func doctorCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong: settings, database, schema, copies, jobs, statistics, mail",
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

// besidePool is how many connections a node has beside its pool: one on which it hears of jobs, one on which it hears other
// nodes, and one on which it tells them.
const besidePool = 3

// doctor prints what it finds.
type doctor struct {
	out    io.Writer
	failed int
	broken error // of writing
}

func (d *doctor) examine(ctx context.Context, cfg *config.Config) {
	d.ok("settings", "%s, usable", cfg.Environment) // or they would not have been loaded
	for _, warning := range cfg.Warnings() {
		d.warn("settings", "%s", warning)
	}
	if db := d.database(ctx, cfg); db != nil {
		defer func() { _ = db.Close() }()
		if d.schema(ctx, db) {
			d.copies(ctx, db)
			d.jobs(ctx, db)
			d.statistics(ctx, db)
		}
	}
	d.redis(ctx, cfg)
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
		err := db.Sound(ctx)
		d.judge("database", err == nil, "SQLite, sound", "the file is damaged (%s): restore a backup", said("", err))
		return db
	}
	version, connections, err := db.Server(ctx)
	if err != nil {
		d.fail("database", "%s", line(database.Translate(err)))
		return db
	}
	d.ok("database", "PostgreSQL %s; its connections are enough for %d nodes of these settings",
		version, connections/(cfg.DBMaxOpenConns+besidePool))
	if connections < cfg.DBMaxOpenConns+besidePool {
		d.warn("database", "one node may ask for %d connections, and the server has %d: lower DB_MAX_OPEN_CONNS",
			cfg.DBMaxOpenConns+besidePool, connections)
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
		differ, err := c.Differences(ctx, db)
		d.judge("copy "+c.Table, err == nil && differ == 0, "the same as "+c.Source,
			"%s differ from %s, which should not happen: report it",
			said(fmt.Sprintf("%d rows", differ), err), c.Source)
	}
}

var (
	sameUser       = map[string]string{"user_id": "id"}
	sameMembership = map[string]string{"organization_id": "organization_id", "user_id": "user_id"}
)

var copies = []replica.Copied{
	{Table: "organization_users", Source: "users", On: sameUser},
	{Table: "project_members", Source: "organization_members", On: sameMembership},
	{Table: "task_users", Source: "users", On: sameUser},
	{Table: "task_members", Source: "organization_members", On: sameMembership},
	{Table: "task_projects", Source: "projects", On: map[string]string{"id": "id"}},
	{Table: "comment_users", Source: "users", On: sameUser},
	{Table: "comment_members", Source: "organization_members", On: sameMembership},
	{Table: "comment_projects", Source: "projects", On: map[string]string{"project_id": "id"}},
	{Table: "comment_tasks", Source: "tasks", On: map[string]string{"task_id": "id"}},
	{Table: "notification_users", Source: "users", On: sameUser},
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

// statistics says how much there is, as a node has counted it.
func (d *doctor) statistics(ctx context.Context, db *database.DB) {
	kept, err := statistics.Read(ctx, db)
	switch age := clock.System().Sub(kept.CountedAt).Round(time.Second); {
	case err != nil:
		d.fail("statistics", "%s", line(err))
	case kept.CountedAt.IsZero():
		d.ok("statistics", "nothing was counted yet; a node does it when it starts")
	case age > 3*statistics.Every:
		d.warn("statistics", "%s, %s ago: no node runs, or its jobs are stuck", listed(kept.Counts), age)
	default:
		d.ok("statistics", "%s, %s ago", listed(kept.Counts), age)
	}
}

// listed writes counts as in "sessions 3, tasks done 1".
func listed(counts []sharedstatistics.Count) string {
	texts := make([]string, len(counts))
	for i, c := range counts {
		texts[i] = strings.Join(strings.Fields(strings.ReplaceAll(c.Things+" "+c.State, "_", " ")), " ") + fmt.Sprintf(" %d", c.Value)
	}
	return strings.Join(texts, ", ")
}

func (d *doctor) redis(ctx context.Context, cfg *config.Config) {
	if cfg.RedisURL == "" {
		d.ok("redis", "not used, since REDIS_URL is not set")
		return
	}
	client, err := redis.Open(cfg.RedisURL)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, healthPatience)
		defer cancel()
		err = errors.Join(client.Ping(ctx).Err(), client.Close())
	}
	d.judge("redis", err == nil, "it answers", "%s: check REDIS_URL; until it answers each node counts for itself, and "+
		"hears of the others a second later", said("", err))
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
