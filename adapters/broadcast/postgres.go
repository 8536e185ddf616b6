// Package broadcast carries hints between the nodes of a system (shared/broadcast): by LISTEN and NOTIFY of PostgreSQL, or
// by a Redis.
//
// [Postgres] keeps two connections of its own, one that listens and one that sends, so that neither takes one from a request.
// Hints are sent apart from the transactions that they are about, since a transaction with a NOTIFY in it takes a lock
// at its commit that all of them share.
package broadcast

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"fasttrack/shared/broadcast"
)

// ApplicationName is what the connections are called in pg_stat_activity.
const ApplicationName = "fasttrack broadcast"

const channel = "fasttrack_hints"

// Postgres is a node on the network of all who use one database.
type Postgres struct {
	broadcast.Listeners

	config *pgx.ConnConfig
	node   string // tells its own hints from those of the others
	outbox *broadcast.Outbox
	log    *slog.Logger
}

var _ broadcast.Broadcaster = (*Postgres)(nil)

// NewPostgres returns a node that will connect as config says. The node's name must be its alone.
func NewPostgres(config *pgx.ConnConfig, node string, log *slog.Logger) *Postgres {
	config = config.Copy()
	config.Tracer = nil
	config.RuntimeParams["application_name"] = ApplicationName
	return &Postgres{config: config, node: node, outbox: broadcast.NewOutbox(), log: log}
}

// Publish implements broadcast.Broadcaster.
func (p *Postgres) Publish(h broadcast.Hint) { p.outbox.Put(h) }

// Run implements broadcast.Broadcaster.
func (p *Postgres) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { p.keep(ctx, "hear other nodes", p.listen) })
	running.Go(func() { p.keep(ctx, "tell other nodes", p.send) })
	running.Wait()
	return nil
}

// keep gives use a connection, and another one whenever that fails.
func (p *Postgres) keep(ctx context.Context, what string, use func(ctx context.Context, c *pgx.Conn, works func()) error) {
	keep(ctx, p.log, what, func(ctx context.Context, works func()) error {
		return p.connected(ctx, func(c *pgx.Conn) error { return use(ctx, c, works) })
	})
}

// connected runs use with a connection of its own.
func (p *Postgres) connected(ctx context.Context, use func(*pgx.Conn) error) error {
	bounded, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	conn, err := pgx.ConnectConfig(bounded, p.config)
	if err != nil {
		return err
	}
	defer func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(bounded)
	}()
	return use(conn)
}

// listen tells the listeners what other nodes say.
func (p *Postgres) listen(ctx context.Context, conn *pgx.Conn, works func()) error {
	if err := execute(ctx, conn, "LISTEN "+channel); err != nil {
		return err
	}
	works()
	for {
		err := p.hear(ctx, conn)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && conn.IsClosed() {
			return err
		}
		if err != nil { // nothing was said for a while; or is nobody there?
			if err := execute(ctx, conn, ";"); err != nil {
				return err
			}
		}
	}
}

// hear waits for one notification.
func (p *Postgres) hear(ctx context.Context, conn *pgx.Conn) error {
	bounded, cancel := context.WithTimeout(ctx, pingEvery)
	defer cancel()
	said, err := conn.WaitForNotification(bounded)
	if err != nil {
		return err
	}
	from, hints := decode(said.Payload)
	if from == p.node {
		return nil
	}
	for _, h := range hints {
		p.Tell(h)
	}
	return nil
}

// send says what is in the outbox, a payload at a time.
func (p *Postgres) send(ctx context.Context, conn *pgx.Conn, works func()) error {
	if err := execute(ctx, conn, ";"); err != nil {
		return err
	}
	works()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-p.outbox.Waiting():
		case <-ping.C:
			if err := execute(ctx, conn, ";"); err != nil {
				return err
			}
			continue
		case <-ctx.Done():
			return ctx.Err()
		}
		hints := p.outbox.Take(batch)
		for _, payload := range encode(p.node, hints) {
			if err := execute(ctx, conn, "SELECT pg_notify($1, $2)", channel, payload); err != nil {
				for _, h := range hints { // for the next connection
					p.outbox.Put(h)
				}
				return err
			}
		}
		select {
		case <-time.After(sendEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// execute runs a statement that has to be answered soon.
func execute(ctx context.Context, conn *pgx.Conn, sql string, args ...any) error {
	bounded, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	_, err := conn.Exec(bounded, sql, args...)
	return err
}
