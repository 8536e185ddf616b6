package migrations_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/migrations"
)

// each runs the test on an empty database of each dialect.
func each(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, dbtest.Empty(t, dialect))
		})
	}
}

// numbered are n migrations for both dialects; the text of one of them may carry a mark.
func numbered(n int, marks map[int]string) fstest.MapFS {
	source := fstest.MapFS{}
	for i := 1; i <= n; i++ {
		text := fmt.Sprintf("-- things: number %d.\n%s\n\n-- +goose Up\nCREATE TABLE things_%d (id INTEGER PRIMARY KEY);\n\n"+
			"-- +goose Down\nDROP TABLE things_%d;\n", i, marks[i], i, i)
		for _, dialect := range []string{"sqlite", "postgres"} {
			source[fmt.Sprintf("%s/%05d_things_%d.sql", dialect, i, i)] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return source
}

func migrator(t *testing.T, address string, source fstest.MapFS) (*database.DB, *migrations.Migrator) {
	t.Helper()
	db := dbtest.Open(t, address)
	m, err := migrations.NewFrom(db, source)
	require.NoError(t, err)
	return db, m
}

func TestTheSchemaGoesUpAndDownAndUpAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		db, ctx := dbtest.Open(t, address), t.Context()
		m, err := migrations.New(db)
		require.NoError(t, err)
		before, err := m.Dump(ctx)
		require.NoError(t, err)
		require.Empty(t, before)

		applied, err := m.Up(ctx)
		require.NoError(t, err)
		require.NotEmpty(t, applied)
		first, err := m.Dump(ctx)
		require.NoError(t, err)
		current, err := m.Current(ctx)
		require.NoError(t, err)
		require.Equal(t, m.Latest(), current)

		undone, err := m.Down(ctx, len(applied))
		require.NoError(t, err)
		require.Len(t, undone, len(applied))
		gone, err := m.Dump(ctx)
		require.NoError(t, err)
		require.Empty(t, gone, "down leaves nothing behind")

		_, err = m.Up(ctx)
		require.NoError(t, err)
		second, err := m.Dump(ctx)
		require.NoError(t, err)
		require.Equal(t, first, second)
	})
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		source := numbered(5, nil)
		var group errgroup.Group
		var applied atomic.Int64
		start := make(chan struct{})
		for range 4 {
			_, m := migrator(t, address, source)
			group.Go(func() error {
				<-start
				done, err := m.Up(context.Background())
				applied.Add(int64(len(done)))
				return err
			})
		}
		close(start)
		require.NoError(t, group.Wait())
		require.EqualValues(t, 5, applied.Load(), "each was applied by one of them")
		_, m := migrator(t, address, source)
		state, err := m.Check(t.Context())
		require.NoError(t, err)
		require.True(t, state.UpToDate(), "%+v", state)
	})
}

func TestDownTakesTheNewestBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		_, m := migrator(t, address, numbered(3, nil))
		ctx := t.Context()
		_, err := m.Up(ctx)
		require.NoError(t, err)
		undone, err := m.Down(ctx, 2)
		require.NoError(t, err)
		require.Equal(t, []int64{3, 2}, []int64{undone[0].Version, undone[1].Version})
		status, err := m.Status(ctx)
		require.NoError(t, err)
		require.Equal(t, "00001_things_1.sql", status[0].Name)
		require.Equal(t, []bool{false, true, true},
			[]bool{status[0].AppliedAt.IsZero(), status[1].AppliedAt.IsZero(), status[2].AppliedAt.IsZero()})
		undone, err = m.Down(ctx, 9)
		require.NoError(t, err)
		require.Len(t, undone, 1, "no further than to the beginning")
		state, err := m.Check(ctx)
		require.NoError(t, err)
		require.False(t, state.Drifted, "%+v", state)
		require.Len(t, state.Pending, 3)
	})
}

func TestCheckTellsHowDatabaseAndBinaryDiffer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		check := func(m *migrations.Migrator) migrations.State {
			state, err := m.Check(ctx)
			require.NoError(t, err)
			return state
		}
		up := func(m *migrations.Migrator) {
			_, err := m.Up(ctx)
			require.NoError(t, err)
		}
		db, one := migrator(t, address, numbered(1, nil))
		empty := check(one)
		require.Len(t, empty.Pending, 1)
		require.False(t, empty.Usable())
		require.Equal(t, int64(1), empty.Latest)
		up(one)
		require.Equal(t, migrations.State{Current: 1, Latest: 1, Pending: []migrations.Migration{}}, check(one))

		_, two := migrator(t, address, numbered(2, nil))
		require.Len(t, check(two).Pending, 1)
		up(two)
		ahead := check(one)
		require.True(t, ahead.Newer && ahead.Usable() && !ahead.Breaking && !ahead.Drifted && !ahead.UpToDate(), "%+v", ahead)

		_, three := migrator(t, address, numbered(3, map[int]string{3: "-- breaking"}))
		up(three)
		require.True(t, check(three).UpToDate())
		broken := check(two)
		require.True(t, broken.Newer && broken.Breaking && !broken.Usable(), "%+v", broken)
		up(two) // by an old binary: nothing to do, and the mark stays
		require.True(t, check(two).Breaking)

		_, err := db.SQL().ExecContext(ctx, "CREATE INDEX by_hand ON things_1 (id)")
		require.NoError(t, err)
		require.True(t, check(three).Drifted)
		up(three)
		require.True(t, check(three).Drifted, "a start does not hide it")
		_, err = db.SQL().ExecContext(ctx, "DROP INDEX by_hand")
		require.NoError(t, err)
		require.True(t, check(three).UpToDate())

		_, err = three.Down(ctx, 1)
		require.NoError(t, err)
		require.True(t, check(two).UpToDate(), "the mark went with its migration")
	})
}

func TestAMigrationThatFailsLeavesTheOnesBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		source := numbered(2, nil)
		for _, dialect := range []string{"sqlite", "postgres"} {
			source[dialect+"/00003_things_bad.sql"] = &fstest.MapFile{Data: []byte(
				"-- things\n-- +goose Up\nCREATE TABLE half (id INTEGER);\nCREATE TABLE things_1 (id INTEGER);\n" +
					"-- +goose Down\nDROP TABLE half;\n")}
		}
		_, m := migrator(t, address, source)
		_, err := m.Up(t.Context())
		require.ErrorContains(t, err, "00003")
		current, err := m.Current(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, current)
		dump, err := m.Dump(t.Context())
		require.NoError(t, err)
		require.NotContains(t, fmt.Sprint(dump), "half")
		state, err := m.Check(t.Context())
		require.NoError(t, err)
		require.False(t, state.Drifted)
		require.Len(t, state.Pending, 1)
	})
}

func TestABadNameIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	_, err := migrations.NewFrom(db, fstest.MapFS{"sqlite/7_labels.sql": &fstest.MapFile{Data: []byte("-- +goose Up\n")}})
	require.ErrorContains(t, err, "must be named")
}

func TestNoMigrationsAreNoProblem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, address string) {
		_, m := migrator(t, address, fstest.MapFS{})
		applied, err := m.Up(t.Context())
		require.NoError(t, err)
		require.Empty(t, applied)
		undone, err := m.Down(t.Context(), 1)
		require.NoError(t, err)
		require.Empty(t, undone)
		state, err := m.Check(t.Context())
		require.NoError(t, err)
		require.True(t, state.UpToDate())
	})
}
