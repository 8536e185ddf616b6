package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"fasttrack/shared/uow"
)

// DB is an open database. It implements uow.UnitOfWork and is safe for concurrent use.
type DB struct {
	config       Config
	dialect      Dialect
	path         string        // of the SQLite file
	pool         *pgxpool.Pool // of PostgreSQL
	writer       *sql.DB
	reader       *sql.DB  // the same as writer on PostgreSQL
	queue        *sql.DB  // the connections of writer, for the job queue
	batches      *batches // of units of work on SQLite; nil on PostgreSQL
	gorm         *gorm.DB
	recorder     *recorder
	sqlitePools  map[string]*sqlitePool // by what they are for
	participants []uow.Participant
	closePools   func()
}

var _ uow.UnitOfWork = (*DB)(nil)

// Open opens the database and makes sure that it answers. SQLite's file and directory are created when missing.
func Open(ctx context.Context, c Config) (*DB, error) {
	c = c.withDefaults()
	dialect, err := c.dialect()
	if err != nil {
		return nil, err
	}
	open := openSQLite
	if dialect == Postgres {
		open = openPostgres
	}
	db, err := open(ctx, c, &recorder{})
	if err != nil {
		if db != nil {
			_ = db.Close()
		}
		return nil, fmt.Errorf("open the %s database: %w", dialect, Translate(err))
	}
	return db, nil
}

// Dialect tells which kind of database this is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Use adds a participant to every unit of work. It must be called before the first [DB.Do].
func (db *DB) Use(p uow.Participant) { db.participants = append(db.participants, p) }

// Ping asks the database for an answer. Its error is of kind errs.Unavailable.
func (db *DB) Ping(ctx context.Context) error {
	return Translate(db.reader.PingContext(ctx))
}

// Close waits for the connections that are in use and closes them all.
func (db *DB) Close() error {
	err := errors.Join(db.reader.Close(), db.writer.Close(), db.queue.Close())
	db.closePools()
	return err
}

// Pool returns PostgreSQL's pool, for what database/sql cannot do: LISTEN, COPY. It is nil on SQLite.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// SQL returns the connections that may write, without a unit of work around them. It is for the migrations; a
// module that uses it breaks the rules of the unit of work.
func (db *DB) SQL() *sql.DB { return db.writer }

// QueueSQL is [DB.SQL] for the job queue, which on SQLite keeps times in a form of its own.
func (db *DB) QueueSQL() *sql.DB { return db.queue }

// Path returns the file of a SQLite database, and "" on PostgreSQL.
func (db *DB) Path() string { return db.path }
