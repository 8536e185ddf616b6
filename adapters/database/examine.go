package database

import (
	"context"
	"errors"
	"fmt"
)

// Sound fails unless the SQLite file is undamaged, as far as a look at its structure shows. PostgreSQL sees to that itself.
func (db *DB) Sound(ctx context.Context) error {
	if db.dialect != SQLite {
		return nil
	}
	var verdict string
	if err := db.Conn(ctx).Raw("SELECT quick_check FROM pragma_quick_check LIMIT 1").Scan(&verdict).Error; err != nil {
		return fmt.Errorf("look at the file: %w", err)
	}
	if verdict != "ok" {
		return errors.New(verdict)
	}
	return nil
}

// Server tells of the PostgreSQL server: its version, and how many connections it has for programs such as this one.
func (db *DB) Server(ctx context.Context) (version string, connections int, err error) {
	var server struct {
		Version     string
		Connections int
	}
	err = db.Conn(ctx).Raw("SELECT current_setting('server_version') AS version," +
		" current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections").
		Scan(&server).Error
	if err != nil {
		return "", 0, fmt.Errorf("ask the server: %w", err)
	}
	return server.Version, server.Connections, nil
}
