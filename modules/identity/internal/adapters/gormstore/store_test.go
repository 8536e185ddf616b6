package gormstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/identity/internal/adapters/gormstore"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/modules/identity/internal/ports/portstest"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

func stores(db *database.DB) portstest.Stores {
	return portstest.Stores{
		Work: db, Users: gormstore.NewUsers(db, clock.System), Sessions: gormstore.NewSessions(db, clock.System),
		Changes: gormstore.NewAccessChanges(db, clock.System),
	}
}

func TestTheStoresKeepTheirContracts(t *testing.T) {
	t.Parallel()
	for name, contract := range map[string]func(*testing.T, portstest.Stores){
		"users": portstest.Users, "sessions": portstest.Sessions, "access changes": portstest.AccessChanges,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *database.DB) { contract(t, stores(db)) })
		})
	}
}

// The rule: whoever has read up to a number never finds a lower one later. So the numbers are handed out in the order
// of the commits: the second writer waits for the first to commit.
func TestNumbersAreHandedOutInTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	s := stores(db)
	some := []domain.AccessChange{{SessionID: ids.New(), UserID: ids.New()}}
	numbered, release := make(chan int64, 2), make(chan struct{})
	done := make(chan error, 2)
	go func() {
		done <- db.Do(t.Context(), func(ctx context.Context) error {
			kept, err := s.Changes.Append(ctx, some, time.Minute)
			if err == nil {
				numbered <- kept[0].Seq
				<-release
			}
			return err
		})
	}()
	require.EqualValues(t, 1, <-numbered)
	go func() {
		done <- db.Do(t.Context(), func(ctx context.Context) error {
			kept, err := s.Changes.Append(ctx, some, time.Minute)
			if err == nil {
				numbered <- kept[0].Seq
			}
			return err
		})
	}()
	waitForLock(t, db)
	require.Empty(t, numbered)
	changes, err := s.Changes.After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, changes)
	close(release)
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.EqualValues(t, 2, <-numbered)
}

// The rule: the time under a lock is that after waiting for it, or a token consumed meanwhile would seem to be
// consumed in the future, and the grace would be longer than it is.
func TestTheTimeUnderALockIsThatAfterWaitingForIt(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	s := stores(db)
	r, err := domain.NewRegistration("ada@example.com", "password", nil, domain.PasswordPolicy{})
	require.NoError(t, err)
	u := domain.NewUser(ids.New(), r, "user", "hash", clock.System())
	session := domain.OpenSession(ids.New(), u.State().ID, domain.Device{}, time.Hour, clock.System())
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		if err := s.Users.Add(ctx, u); err != nil {
			return err
		}
		return s.Sessions.Open(ctx, session, session.LiveToken("k", []byte("h"), clock.System()))
	}))
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 2)
	go func() {
		done <- db.Do(t.Context(), func(ctx context.Context) error {
			_, err := s.Sessions.Lock(ctx, session.State().ID) // and changes nothing
			close(held)
			<-release
			return err
		})
	}()
	<-held
	var got ports.Locked
	go func() {
		done <- db.Do(t.Context(), func(ctx context.Context) (err error) {
			got, err = s.Sessions.Lock(ctx, session.State().ID)
			return err
		})
	}()
	waitForLock(t, db)
	var after time.Time
	require.NoError(t, db.Conn(t.Context()).Raw("SELECT clock_timestamp()").Row().Scan(&after))
	close(release)
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.True(t, got.Now.After(after), "%s is before %s", got.Now, after)
}

// waitForLock waits until somebody waits for a row.
func waitForLock(t *testing.T, db *database.DB) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting int
		err := db.Conn(t.Context()).Raw(
			"SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").
			Scan(&waiting).Error
		require.NoError(t, err)
		return waiting > 0
	}, 10*time.Second, 5*time.Millisecond)
}

// The rule: a page is read by an index in its order, from where the last one ended, in one statement; and so is what
// every login, refresh and poll looks for.
func TestReadsUseAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		users := gormstore.NewUsers(db, clock.System)
		recording := db.Record()
		defer recording.Stop()
		for key, value := range map[string]string{"created_at": "2026-03-01T09:00:00.000000Z", "email": "ada@example.com"} {
			for _, desc := range []bool{false, true} {
				recording.Reset()
				_, err := users.List(t.Context(), ports.UserFilter{}, page.Request{
					Limit: 20, Sort: page.Sort{Key: key, Desc: desc}, After: &page.Position{Value: &value, ID: ids.New()},
				})
				require.NoError(t, err)
				require.Equal(t, 1, recording.Count())
				require.NotContains(t, plan(t, db, recording.Statements()[0], value, ids.New(), 21), "sort")
			}
		}
		id := ids.New()
		for query, args := range map[string][]any{
			"SELECT * FROM users WHERE email_key = ?":                                    {"x"},
			"SELECT * FROM users WHERE id = ? OR (role = 'admin' AND is_active)":         {id},
			"SELECT * FROM sessions WHERE user_id = ? AND ended_at IS NULL":              {id},
			"SELECT * FROM refresh_tokens WHERE session_id = ? AND generation IN (1, 2)": {id},
			"SELECT * FROM identity_changes WHERE seq > ? ORDER BY seq LIMIT 1000":       {7},
			"SELECT * FROM identity_changes WHERE expires_at < ?":                        {clock.System()},
		} {
			plan(t, db, query, args...)
		}
	})
}

// plan returns the plan of a query in lower case, which must use an index and never read a whole table.
func plan(t *testing.T, db *database.DB, query string, args ...any) string {
	t.Helper()
	for i := len(args); i > 0; i-- { // as pgx has it
		query = strings.ReplaceAll(query, "$"+string(rune('0'+i)), "?")
	}
	text := strings.ToLower(dbtest.Explain(t, db, query, args...))
	require.Regexp(t, "index|integer primary key", text, query)
	require.NotContains(t, text, "seq scan", query)
	for line := range strings.Lines(text) {
		require.False(t, strings.HasPrefix(strings.TrimSpace(line), "scan "), "%s\n%s", query, text)
	}
	return strings.ReplaceAll(text, "use temp b-tree for order by", "sort")
}
