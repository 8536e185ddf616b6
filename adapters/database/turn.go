package database

import (
	"context"
	"database/sql"
)

// turn is what a unit of work has of a connection: the transaction that it runs in, which is its own or a part of a
// [batch]. commit and rollback end it; after the first of them they do nothing.
type turn interface {
	// begin returns the transaction, which has until the deadline of the context if it is nobody else's.
	begin(ctx context.Context) (*sql.Tx, error)
	// commit returns once what was done is durable. lost says that it is not because of what it shared the transaction with.
	commit() (lost bool, err error)
	// rollback takes back what was done. Its error says that what the unit has read was never committed.
	rollback() error
}

// take waits for a connection, as long as the client waits and at most Config.AcquireTimeout. alone keeps it from sharing a
// transaction with others.
func (db *DB) take(ctx context.Context, alone bool) (turn, error) {
	if db.batches != nil {
		return db.batches.take(ctx, alone)
	}
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &ownTurn{conn: conn}, nil
}

// ownTurn is a connection with a transaction that nobody else is in.
type ownTurn struct {
	conn *sql.Conn
	tx   *sql.Tx
}

func (t *ownTurn) begin(ctx context.Context) (tx *sql.Tx, err error) {
	t.tx, err = t.conn.BeginTx(ctx, nil)
	return t.tx, err
}

func (t *ownTurn) commit() (lost bool, err error) {
	err = t.tx.Commit()
	_ = t.conn.Close()
	return false, err
}

func (t *ownTurn) rollback() error {
	if t.tx != nil {
		_ = t.tx.Rollback()
	}
	_ = t.conn.Close()
	return nil
}
