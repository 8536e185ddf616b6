package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/puddle/v2"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"
)

// openSQLite opens one writer, whose transactions begin with the write lock taken, and several readers beside it.
// With one pool for both, transactions that begin as readers and then write would fail with SQLITE_BUSY under load,
// however long they wait.
func openSQLite(ctx context.Context, c Config, rec *recorder) (*DB, error) {
	path, err := c.sqlitePath()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("create the directory of the database: %w", err)
	}
	// The file holds what signs people in; SQLite would let everybody read it, and gives its companions the same mode.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // as configured
	if err != nil {
		return nil, fmt.Errorf("create the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("create the database: %w", err)
	}
	writer, err := newSQLitePool(path, 1, c, rec, url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"},
	})
	if err != nil {
		return nil, err
	}
	readers, err := newSQLitePool(path, c.readers(), c, rec, url.Values{"_query_only": {"1"}})
	if err != nil {
		return nil, err
	}
	db := &DB{
		config: c, dialect: SQLite, path: path, recorder: rec,
		writer: newSQLDB(writer, c.AcquireTimeout),
		reader: newSQLDB(readers, c.AcquireTimeout),
		queue:  newSQLDB(writer.writing(queueTimeFormat), c.AcquireTimeout),
	}
	db.batches = &batches{writer: db.writer, bound: c.AcquireTimeout, age: batchAge}
	db.sqlitePools = map[string]*sqlitePool{writePool: writer, "read": readers}
	db.closePools = func() { readers.pool.Close(); writer.pool.Close() }
	// The writer comes first: it turns the file into WAL mode before a reader sees it.
	if err := db.writer.PingContext(ctx); err != nil {
		return db, err
	}
	dialector := gormsqlite.New(gormsqlite.Config{Conn: db.reader}).(*gormsqlite.Dialector)
	if db.gorm, err = gorm.Open(sqliteDialector{dialector}, gormConfig(c)); err != nil {
		return db, err
	}
	return db, translateRows(db.gorm)
}

// writePool names the writer among the pools.
const writePool = "write"

// sqlitePool is a connector of database/sql that keeps the connections in a pool of its own, as pgx does for
// PostgreSQL, so that waiting for one is bounded in one place on both dialects.
type sqlitePool struct {
	pool     *puddle.Pool[pooledConn]
	base     driver.Connector
	recorder *recorder

	timeFormat string // in which its connections write times
}

// writing returns a connector to the same connections that writes times in another form.
func (p *sqlitePool) writing(timeFormat string) *sqlitePool {
	other := *p
	other.timeFormat = timeFormat
	return &other
}

func newSQLitePool(path string, size int, c Config, rec *recorder, params url.Values) (*sqlitePool, error) {
	// How long SQLite waits for the lock of another process, such as a command line beside the server.
	params.Set("_busy_timeout", strconv.FormatInt(c.AcquireTimeout.Milliseconds(), 10))
	params.Set("_foreign_keys", "1")
	// What a statement needs to take itself back is in memory: where the root is read-only there is no folder for it.
	params.Set("_pragma", "temp_store(MEMORY)")
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: params.Encode()}
	base, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	pool, err := puddle.NewPool(&puddle.Config[pooledConn]{
		MaxSize: int32(size),
		Constructor: func(ctx context.Context) (pooledConn, error) {
			conn, err := base.Connect(ctx)
			if err != nil {
				return pooledConn{}, err
			}
			return newPooledConn(conn.(moderncConn)), nil
		},
		Destructor: func(conn pooledConn) { _ = conn.Close() },
	})
	return &sqlitePool{pool: pool, base: base, recorder: rec, timeFormat: TimeFormat}, err
}

// Connect takes a connection out of the pool; closing it gives it back.
func (p *sqlitePool) Connect(ctx context.Context) (driver.Conn, error) {
	for {
		res, err := p.pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		if res.Value().ResetSession(ctx) != nil {
			res.Destroy()
			continue
		}
		return &sqliteConn{pooledConn: res.Value(), recorder: p.recorder, timeFormat: p.timeFormat, release: func(healthy bool) {
			if healthy {
				res.Release()
			} else {
				res.Destroy()
			}
		}}, nil
	}
}

func (p *sqlitePool) Driver() driver.Driver { return p.base.Driver() }

// newSQLDB returns database/sql over a pool that keeps the connections itself.
func newSQLDB(pool driver.Connector, acquireTimeout time.Duration) *sql.DB {
	db := sql.OpenDB(boundedConnector{Connector: pool, timeout: acquireTimeout})
	db.SetMaxIdleConns(0)
	return db
}
