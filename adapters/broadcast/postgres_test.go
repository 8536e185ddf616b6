package broadcast_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	adapter "fasttrack/adapters/broadcast"
	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/broadcast/broadcasttest"
	"fasttrack/shared/ids"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newNode(db *database.DB) broadcast.Broadcaster {
	return adapter.NewPostgres(db.Pool().Config().ConnConfig, ids.New().String(), slog.New(slog.DiscardHandler))
}

func TestPostgresKeepsTheContract(t *testing.T) {
	t.Parallel()
	broadcasttest.Test(t, func(t *testing.T) func() broadcast.Broadcaster {
		db := dbtest.Postgres(t)
		return func() broadcast.Broadcaster { return newNode(db) }
	})
}

func TestItComesBackAfterItsConnectionsWereEnded(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	one := broadcasttest.Listen(t, newNode(db), "feeds")
	two := broadcasttest.Listen(t, newNode(db), "feeds")
	for n := range int64(3) {
		hint := broadcast.Hint{Topic: "feeds", Key: "ann", Number: n}
		said := func(heard []broadcast.Hint) bool { return len(heard) > 0 && heard[len(heard)-1] == hint }
		one.Await(said, func() { two.Publish(hint) })
		two.Await(said, func() { one.Publish(hint) })
		var ended int
		require.NoError(t, db.Conn(t.Context()).Raw(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = ?`, adapter.ApplicationName).Scan(&ended).Error)
		require.Equal(t, 4, ended, "each node has one connection that listens and one that sends")
	}
}

func TestItTakesNoConnectionFromThePool(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	one := broadcasttest.Listen(t, newNode(db), "feeds")
	two := newNode(db)
	broadcasttest.Run(t, two)
	hint := broadcast.Hint{Topic: "feeds"}
	one.Await(func(heard []broadcast.Hint) bool { return len(heard) > 0 }, func() { two.Publish(hint) })
	require.Zero(t, db.Pool().Stat().AcquiredConns())
}
