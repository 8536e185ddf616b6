package database

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNotSQLite is the error of what only a SQLite file can do.
var ErrNotSQLite = errors.New("database: this is not a SQLite database")

// Backup writes the whole SQLite database as it is at this moment into a new file, while it is being read and written.
// The file is there with all of it or not at all, and may be opened in place of the original. It fails with os.ErrExist
// when there is a file already, and with [ErrNotSQLite] on PostgreSQL, which has tools of its own.
func (db *DB) Backup(ctx context.Context, file string) (err error) {
	if db.dialect != SQLite {
		return ErrNotSQLite
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w", file, os.ErrExist)
	}
	// A folder of its own beside the file: nobody else can look into it, and a rename out of it takes effect at once.
	dir, err := os.MkdirTemp(filepath.Dir(file), ".backup-")
	if err != nil {
		return fmt.Errorf("make room for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	part := filepath.Join(dir, "part")
	if err := db.vacuumInto(ctx, part); err != nil {
		return err
	}
	if err := persist(part, 0o600); err != nil {
		return err
	}
	// A link, unlike a rename, does not take the place of what has appeared there meanwhile.
	if err := os.Link(part, file); err != nil {
		return fmt.Errorf("put the backup in its place: %w", err)
	}
	return syncDir(filepath.Dir(file))
}

// vacuumInto reads in one snapshot, beside the writer; what it writes has no pages that hold what was deleted. It takes
// a connection of its own, since those that read refuse to write anything anywhere.
func (db *DB) vacuumInto(ctx context.Context, file string) error {
	pool, err := newSQLitePool(db.path, 1, db.config, db.recorder, url.Values{})
	if err != nil {
		return fmt.Errorf("connect for the backup: %w", err)
	}
	defer pool.pool.Close()
	conn := newSQLDB(pool, db.config.AcquireTimeout)
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", file)
	if err = errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// persist has the system write a file to the disk.
func persist(path string, mode os.FileMode) (err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // made by this package
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := file.Chmod(mode); err != nil {
		return fmt.Errorf("keep the backup from others: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write the backup to the disk: %w", err)
	}
	return nil
}

func syncDir(path string) (err error) {
	dir, err := os.Open(path) //nolint:gosec // as the caller says
	if err != nil {
		return fmt.Errorf("open the folder of the backup: %w", err)
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("write the folder of the backup to the disk: %w", err)
	}
	return nil
}
