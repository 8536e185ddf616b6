package bootstrap

import (
	"time"

	"fasttrack/adapters/keyring"
	"fasttrack/adapters/module"
	"fasttrack/adapters/telemetry"
	"fasttrack/bootstrap/config"
	"fasttrack/modules/comments"
	"fasttrack/modules/identity"
	"fasttrack/modules/notifications"
	"fasttrack/modules/organizations"
	"fasttrack/modules/projects"
	"fasttrack/modules/tasks"
)

// modules are those that the program itself must know: what they offer is handed to others, or runs.
type modules struct {
	identity      *identity.Module
	notifications *notifications.Module
}

// wire builds every module. They know nothing of each other: what happens in one reaches another by the bus alone.
// The router tries routes in the order of registration, so those that are called most come early. The handlers of one
// event run in that order too: a module that locks earlier than another (docs/architecture.md) comes before it. With
// comments before tasks, creating a task and deleting its project would deadlock on PostgreSQL; with tasks before
// projects, removing a member and what that member and others do in a project. Organisations are the root of what belongs
// to them, so their copies are locked before those of any other module.
func wire(d module.Deps, cfg *config.Config, secret string, keys *keyring.Ring, metrics *telemetry.Metrics) modules {
	organizations.New(d)
	projects.New(d)
	tasks.New(d)
	comments.New(d)
	id := identity.New(d, identity.Config{
		SecretKey:         []byte(secret),
		Keys:              keys,
		AccessTTL:         time.Duration(cfg.AccessTokenMinutes) * time.Minute,
		RefreshTTL:        time.Duration(cfg.RefreshTokenDays) * 24 * time.Hour,
		RefreshGrace:      cfg.RefreshReuseGrace,
		PasswordMinLength: cfg.PasswordMinLength,
		Argon2MemoryKiB:   cfg.Argon2MemoryKiB,
		Argon2Iterations:  cfg.Argon2Iterations,
		Argon2Parallelism: cfg.Argon2Parallelism,
		LoginThrottle:     cfg.LoginThrottle,
		AppURL:            cfg.AppURL,
		SuperuserEmail:    cfg.FirstSuperuserEmail,
		SuperuserPassword: cfg.FirstSuperuserPass,
	})
	feed := notifications.New(d, notifications.Config{
		Revocations:  id.Revocations(),
		PingInterval: cfg.WSPingInterval,
		MaxPerUser:   cfg.WSMaxPerUser,
		SendBuffer:   cfg.WSSendBuffer,
		Retention:    cfg.NotificationRetention,
		Origins:      cfg.CORSOrigins,
		SocketClosed: metrics.SocketClosed,
		Delivered:    metrics.Delivered,
	})
	return modules{id, feed}
}
