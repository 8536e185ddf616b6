package database_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

var errRefused = errs.New(errs.Conflict, "refused", "no")

func addNote(db *database.DB, title string) func(context.Context) error {
	return func(ctx context.Context) error {
		return noteStore{db}.Add(ctx, note{ID: ids.New(), Title: title, CreatedAt: clock.System()})
	}
}

func titles(t *testing.T, db *database.DB) []string {
	t.Helper()
	var found []string
	require.NoError(t, db.Conn(context.Background()).Table("notes").Order("created_at, id").Pluck("title", &found).Error)
	return found
}

// A unit's outcome, whatever fn does with it and however often it is joined.
func TestAUnitCommitsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		add := func(ctx context.Context, title string) error { return db.Do(ctx, addNote(db, title)) }
		cases := []struct {
			name string
			fn   func(ctx context.Context) error
			want error
			left []string
		}{
			{"nil commits, joined units too", func(ctx context.Context) error {
				return errors.Join(add(ctx, "a"), add(ctx, "b"))
			}, nil, []string{"a", "b"}},
			{"an error rolls back", func(ctx context.Context) error {
				return errors.Join(add(ctx, "a"), errRefused)
			}, errRefused, nil},
			{"a swallowed error of a joined unit dooms the whole", func(ctx context.Context) error {
				_ = db.Do(ctx, func(context.Context) error { return errRefused })
				return nil
			}, errRefused, nil},
			{"a doomed unit joins no more", func(ctx context.Context) error {
				_ = db.Do(ctx, func(context.Context) error { return errRefused })
				require.ErrorIs(t, add(ctx, "a"), errRefused)
				return nil
			}, errRefused, nil},
			{"a recovered panic of a joined unit dooms the whole", func(ctx context.Context) error {
				func() {
					defer func() { _ = recover() }()
					_ = db.Do(ctx, func(context.Context) error { panic("joined") })
				}()
				return add(ctx, "a")
			}, errors.New("a function of the unit of work did not return"), nil},
			{"doom without an error rolls back", func(ctx context.Context) error {
				uow.Current(ctx).Doom(errRefused)
				return nil
			}, errRefused, nil},
			{"an outcome persists what was done", func(ctx context.Context) error {
				return errors.Join(add(ctx, "counted"), uow.FailAfterCommit(ctx, errRefused))
			}, errRefused, []string{"counted"}},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
					return db.Conn(ctx).Exec("DELETE FROM notes").Error
				}))
				committed := false
				err := db.Do(t.Context(), func(ctx context.Context) error {
					uow.OnCommit(ctx, func() { committed = true })
					return errors.Join(c.fn(ctx))
				})
				switch {
				case c.want == nil:
					require.NoError(t, err)
				case errs.KindOf(c.want) == errs.Internal:
					require.ErrorContains(t, err, c.want.Error())
				default:
					require.ErrorIs(t, err, c.want)
				}
				require.ElementsMatch(t, c.left, titles(t, db))
				require.Equal(t, c.want == nil || c.left != nil, committed, "what is registered runs after a commit, and only then")
			})
		}
	})
}

func TestAPanicRollsBackAndGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		require.PanicsWithValue(t, "boom", func() {
			_ = db.Do(t.Context(), func(ctx context.Context) error {
				require.NoError(t, addNote(db, "a")(ctx))
				panic("boom")
			})
		})
		exited := make(chan struct{})
		go func() {
			defer close(exited)
			_ = db.Do(t.Context(), func(ctx context.Context) error {
				_ = addNote(db, "b")(ctx)
				runtime.Goexit() // as t.FailNow does
				return nil
			})
		}()
		<-exited
		require.Empty(t, titles(t, db))
		require.NoError(t, db.Do(t.Context(), addNote(db, "c")), "the connection was given back")
	})
}

func TestAUnitOutlivesItsClient(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		ctx, hangUp := context.WithCancel(t.Context())
		require.NoError(t, db.Do(ctx, func(ctx context.Context) error {
			hangUp()
			require.NoError(t, ctx.Err())
			_, bounded := ctx.Deadline()
			require.True(t, bounded)
			return addNote(db, "kept")(ctx)
		}))
		require.Equal(t, []string{"kept"}, titles(t, db))
		require.ErrorIs(t, db.Do(ctx, addNote(db, "never begun")), context.Canceled)
		require.Equal(t, []string{"kept"}, titles(t, db))
	})
}

func TestAUnitThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, dbtest.URL(t, dialect), func(c *database.Config) { c.UnitTimeout = time.Second })
			createNotes(t, db)
			err := db.Do(t.Context(), func(ctx context.Context) error {
				if err := addNote(db, "late")(ctx); err != nil {
					return err
				}
				<-ctx.Done()
				return addNote(db, "later")(ctx)
			})
			requireUnavailable(t, err)
			require.Empty(t, titles(t, db))
			require.NoError(t, db.Do(t.Context(), addNote(db, "next")))
		})
	}
}

func TestNothingRunsInAUnitThatHasEnded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		var escaped context.Context
		var kept func() error
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			escaped = ctx
			conn := db.Conn(ctx)
			kept = func() error { return conn.Exec("DELETE FROM notes").Error }
			_, err := db.Tx(ctx)
			return err
		}))
		var found []string
		require.ErrorIs(t, db.Conn(escaped).Table("notes").Pluck("title", &found).Error, uow.ErrDone)
		require.ErrorIs(t, addNote(db, "late")(escaped), uow.ErrDone)
		require.ErrorIs(t, db.Do(escaped, addNote(db, "late")), uow.ErrDone)
		require.ErrorIs(t, kept(), uow.ErrDone)
		_, err := db.Tx(escaped)
		require.ErrorIs(t, err, uow.ErrDone)
		_, err = db.Tx(t.Context())
		require.ErrorIs(t, err, uow.ErrDone)
	})
}

// participant writes down when it is called.
type participant struct {
	name   string
	calls  *[]string
	before error
}

type participantKey struct{ name string }

func (p participant) Begin(ctx context.Context) context.Context {
	*p.calls = append(*p.calls, p.name+" begin")
	return context.WithValue(ctx, participantKey{p.name}, true)
}

func (p participant) BeforeCommit(ctx context.Context) error {
	*p.calls = append(*p.calls, fmt.Sprint(p.name, " before commit ", ctx.Value(participantKey{p.name}) != nil))
	return p.before
}

func (p participant) AfterCommit(ctx context.Context) {
	*p.calls = append(*p.calls, fmt.Sprint(p.name, " after commit ", ctx.Value(participantKey{p.name}) != nil))
}

func TestParticipantsTakePartInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		var calls []string
		db.Use(participant{name: "a", calls: &calls})
		db.Use(participant{name: "b", calls: &calls})
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			calls = append(calls, "fn")
			uow.OnCommit(ctx, func() { calls = append(calls, "on commit") })
			return db.Do(ctx, func(context.Context) error { return nil }) // a joined unit brings no second round
		}))
		require.Equal(t, []string{
			"a begin", "b begin", "fn", "a before commit true", "b before commit true",
			"a after commit true", "b after commit true", "on commit",
		}, calls)

		calls = nil
		require.ErrorIs(t, db.Do(t.Context(), func(context.Context) error { return errRefused }), errRefused)
		require.Equal(t, []string{"a begin", "b begin"}, calls)
	})
}

func TestAParticipantCanRefuse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		var calls []string
		db.Use(participant{name: "a", calls: &calls, before: errRefused})
		db.Use(participant{name: "b", calls: &calls})
		require.ErrorIs(t, db.Do(t.Context(), addNote(db, "a")), errRefused)
		require.Equal(t, []string{"a begin", "b begin", "a before commit true"}, calls)
		require.Empty(t, titles(t, db))
	})
}

// Two units take two rows in opposite order: PostgreSQL ends one of them, which is run anew and wins.
func TestADeadlockIsRetried(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	createNotes(t, db)
	require.NoError(t, db.Do(t.Context(), addNote(db, "a")))
	require.NoError(t, db.Do(t.Context(), addNote(db, "b")))
	var attempts atomic.Int32
	locked := make(chan string, 8)
	both := func(first, second string, met <-chan struct{}) error {
		return db.Do(t.Context(), func(ctx context.Context) error {
			attempts.Add(1)
			lock := "UPDATE notes SET version = version + 1 WHERE title = ?"
			if err := db.Conn(ctx).Exec(lock, first).Error; err != nil {
				return err
			}
			locked <- first
			<-met
			return db.Conn(ctx).Exec(lock, second).Error
		})
	}
	met := make(chan struct{})
	results := make(chan error, 2)
	go func() { results <- both("a", "b", met) }()
	go func() { results <- both("b", "a", met) }()
	<-locked
	<-locked
	close(met)
	require.NoError(t, <-results)
	require.NoError(t, <-results)
	require.EqualValues(t, 3, attempts.Load(), "one of the two had to be run twice")
	var versions []int64
	require.NoError(t, db.Conn(t.Context()).Table("notes").Pluck("version", &versions).Error)
	require.Equal(t, []int64{3, 3}, versions, "each counted once: the lost attempt left nothing")
}

// A snapshot that was overtaken is a serialization failure, also when it is only seen through a joined unit whose
// error fn turns into something else.
func TestASerializationFailureIsRetried(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	createNotes(t, db)
	require.NoError(t, db.Do(t.Context(), addNote(db, "a")))
	attempts := 0
	bump := func(ctx context.Context) error {
		return db.Conn(ctx).Exec("UPDATE notes SET version = version + 1").Error
	}
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		attempts++
		if err := db.Conn(ctx).Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").Error; err != nil {
			return err
		}
		if err := db.Conn(ctx).Exec("SELECT 1 FROM notes").Error; err != nil {
			return err
		}
		if attempts == 1 {
			require.NoError(t, db.Do(t.Context(), bump), "another unit, which overtakes")
		}
		if db.Do(ctx, bump) != nil {
			return errRefused
		}
		return nil
	}))
	require.Equal(t, 2, attempts)
}

func TestAUnitThatAlwaysLosesIsUnavailable(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	attempts := 0
	requireUnavailable(t, db.Do(t.Context(), func(ctx context.Context) error {
		attempts++
		return db.Conn(ctx).Exec("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$").Error
	}))
	require.Equal(t, 6, attempts)
}

func TestAnOutcomeIsNeverRetried(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	attempts := 0
	var lost error
	require.Error(t, db.Do(t.Context(), func(ctx context.Context) error {
		lost = db.Conn(ctx).Exec("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$").Error
		return errRefused
	}))
	require.Error(t, db.Do(t.Context(), func(ctx context.Context) error {
		attempts++
		return uow.FailAfterCommit(ctx, lost)
	}))
	require.Equal(t, 1, attempts, "it has been committed")
}

func requireUnavailable(t *testing.T, err error, about ...any) {
	t.Helper()
	require.ErrorIs(t, err, database.ErrUnavailable, about...)
	var e *errs.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, time.Second, e.RetryAfter)
}
