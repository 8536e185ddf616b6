package database

import "time"

// Waiting is how many units of work wait for their turn on SQLite.
func (db *DB) Waiting() int {
	db.batches.mu.Lock()
	defer db.batches.mu.Unlock()
	return db.batches.waiting.Len()
}

// ShareFor sets how long units of work may join a batch. It is set before the first of them.
func (db *DB) ShareFor(age time.Duration) { db.batches.age = age }
