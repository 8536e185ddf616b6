package identity

import (
	"context"
	"fmt"
	"log/slog"

	"fasttrack/adapters/module"
	"fasttrack/modules/identity/internal/adapters/argon2hash"
	"fasttrack/modules/identity/internal/adapters/gormstore"
	"fasttrack/modules/identity/internal/adapters/httpapi"
	"fasttrack/modules/identity/internal/adapters/jwttoken"
	"fasttrack/modules/identity/internal/adapters/mailtoken"
	"fasttrack/modules/identity/internal/adapters/strength"
	"fasttrack/modules/identity/internal/application"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// Module is the door to the identity context: it says who is asking.
type Module struct {
	config        Config
	log           *slog.Logger
	service       *application.Service
	watch         *application.Watch
	authenticator *application.Authenticator
}

// New wires the module: it registers its routes and its subscriptions. It panics without a secret key.
func New(d module.Deps, config Config) *Module {
	config = config.withDefaults()
	eventbus.Publishes[events.UserRegistered](d.Bus, "identity")
	eventbus.Publishes[events.UserChanged](d.Bus, "identity")
	eventbus.Publishes[events.SessionEnded](d.Bus, "identity")

	sessions := gormstore.NewSessions(d.DB, d.Clock)
	tokens := jwttoken.New(jwttoken.Config{
		Secret: config.SecretKey, Ring: config.Keys, Issuer: config.Issuer, Audience: config.Audience, AccessTTL: config.AccessTTL,
	}, d.Clock, d.NewID)
	watch := application.NewWatch(
		gormstore.NewAccessChanges(d.DB, d.Clock), d.DB, config.AccessTTL, d.Clock, clock.Monotonic, d.Broadcast, d.Log)
	eventbus.BeforeCommit(d.Bus, "identity.record_access_changes", watch.Record,
		eventbus.Of[events.SessionEnded](), eventbus.Of[events.UserChanged]())
	m := &Module{
		config: config, log: d.Log, watch: watch,
		authenticator: application.NewAuthenticator(tokens, sessions, watch),
		service: application.New(application.Parts{
			Mailing: application.Mailing{
				Mails: gormstore.NewMails(d.DB), Tokens: mailtoken.New(config.SecretKey), Jobs: d.Jobs, Mailer: d.Mail,
				AppURL: config.AppURL,
			},
			Work: d.DB, Users: gormstore.NewUsers(d.DB, d.Clock), Sessions: sessions, Audit: gormstore.NewAudit(d.DB), Tokens: tokens,
			Origin: httpapi.Origin,
			Passwords: config.passwords(argon2hash.New(argon2hash.Config{
				MemoryKiB: config.Argon2MemoryKiB, Iterations: config.Argon2Iterations,
				Parallelism: config.Argon2Parallelism, Concurrency: config.HashConcurrency, Queue: config.HashQueue,
			})),
			Throttle: newThrottle(d, config),
			Bus:      d.Bus, Now: d.Clock, NewID: d.NewID, Elapsed: clock.Monotonic, Pause: config.pause, Log: d.Log,
			Policy: application.Policy{
				Password: domain.PasswordPolicy{
					MinLength: config.PasswordMinLength, Normal: argon2hash.Normal, Weakness: strength.Weakness,
				},
				AccessTTL: config.AccessTTL, RefreshTTL: config.RefreshTTL, RefreshGrace: config.RefreshGrace,
			},
		}),
	}
	if d.Jobs != nil {
		d.Jobs.Every("identity.purge", application.PurgeEvery, newPurge(d).Run)
	}
	d.Statistics.Keep(sessions.Statistics)
	eventbus.BeforeCommit(d.Bus, "identity.record_admin_acts", m.service.RecordAdminActs, application.AdminActKinds()...)
	m.service.HandleJobs()
	httpapi.Register(d.API, m.service, d.API, d.Cursors)
	httpapi.RegisterKeys(d.API, config.Keys)
	return m
}

// Authenticator tells who presents an access token. It works before [Module.Run] does, by asking the database.
func (m *Module) Authenticator() auth.Authenticator { return m.authenticator }

// Revocations tells of sessions that ended, on any node, while [Module.Run] runs.
func (m *Module) Revocations() auth.Revocations { return m.watch }

// Run follows what other nodes do to sessions and users until ctx is done. It returns nil.
func (m *Module) Run(ctx context.Context) error { return m.watch.Run(ctx) }

// EnsureSuperuser makes the configured admin, unless there is an account with that address already, which is never
// changed. It needs the schema and every module's subscriptions; several nodes may do it at once.
func (m *Module) EnsureSuperuser(ctx context.Context) error {
	if m.config.SuperuserEmail == "" {
		return nil
	}
	made, err := m.service.EnsureSuperuser(ctx, m.config.SuperuserEmail, m.config.SuperuserPassword)
	if err != nil {
		return fmt.Errorf("make the first superuser: %w", err)
	}
	if made {
		m.log.InfoContext(ctx, "made the first superuser", "email", m.config.SuperuserEmail)
	}
	return nil
}

// IsEmpty reports whether there is no account at all.
func (m *Module) IsEmpty(ctx context.Context) (bool, error) { return m.service.IsEmpty(ctx) }
