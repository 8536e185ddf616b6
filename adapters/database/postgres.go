package database

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// openPostgres opens one pool for everything: GORM, units of work, jobs, LISTEN.
func openPostgres(ctx context.Context, c Config, rec *recorder) (*DB, error) {
	conf, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = int32(c.MaxOpenConns)
	conf.MinIdleConns = int32(c.MinIdleConns)
	conf.MaxConnLifetime = c.ConnMaxLifetime
	conf.MaxConnLifetimeJitter = c.ConnMaxLifetime / 10
	if conf.ConnConfig.ConnectTimeout == 0 || conf.ConnConfig.ConnectTimeout > c.AcquireTimeout {
		conf.ConnConfig.ConnectTimeout = c.AcquireTimeout
	}
	conf.ConnConfig.Tracer = rec
	params := conf.ConnConfig.RuntimeParams
	params["timezone"] = "UTC"
	if params["application_name"] == "" {
		params["application_name"] = "fasttrack"
	}
	conf.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	sqlDB := newSQLDB(stdlib.GetPoolConnector(pool), c.AcquireTimeout)
	db := &DB{
		config: c, dialect: Postgres, pool: pool, recorder: rec,
		writer: sqlDB, reader: sqlDB, queue: sqlDB, closePools: pool.Close,
	}
	if err := sqlDB.PingContext(ctx); err != nil {
		return db, err
	}
	dialector := gormpostgres.New(gormpostgres.Config{Conn: sqlDB}).(*gormpostgres.Dialector)
	if db.gorm, err = gorm.Open(postgresDialector{dialector}, gormConfig(c)); err != nil {
		return db, err
	}
	return db, translateRows(db.gorm)
}

// isTransactionControl tells BEGIN and its kin, those of savepoints among them, from the statements that do the work.
func isTransactionControl(query string) bool {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(query, " \t\r\n;-")), " ")
	switch strings.TrimRight(word, ";") {
	case "begin", "commit", "rollback", "savepoint", "release", "ping":
		return true
	}
	return false
}
