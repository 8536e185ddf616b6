package gormstore_test

import (
	"context"
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
		Changes: gormstore.NewAccessChanges(db, clock.System), Audit: gormstore.NewAudit(db),
		Guesses: gormstore.NewGuesses(db, clock.System), Remains: gormstore.NewRemains(db, clock.System),
		Mails: gormstore.NewMails(db),
	}
}

func TestTheStoresKeepTheirContracts(t *testing.T) {
	t.Parallel()
	for name, contract := range map[string]func(*testing.T, portstest.Stores){
		"users": portstest.Users, "sessions": portstest.Sessions, "access changes": portstest.AccessChanges,
		"password schemes": portstest.Schemes, "audit": portstest.Audit, "guesses": portstest.Guesses, "remains": portstest.Remains, "mails": portstest.Mails,
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
	i := dbtest.Interleave(t, db)
	numbered := make(chan int64, 2)
	write := func() error {
		return db.Do(t.Context(), func(ctx context.Context) error {
			kept, err := s.Changes.Append(ctx, []domain.AccessChange{{SessionID: ids.New(), UserID: ids.New()}}, time.Minute)
			if err == nil {
				numbered <- kept[0].Seq
			}
			return err
		})
	}
	release := dbtest.Hold(i, write)
	require.EqualValues(t, 1, <-numbered)
	second := dbtest.Blocked(i, write)
	require.Empty(t, numbered)
	changes, err := s.Changes.After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, changes)
	require.NoError(t, release())
	require.NoError(t, second())
	require.EqualValues(t, 2, <-numbered)
}

// The rule: the time under a lock is that after waiting for it, or a token consumed meanwhile would seem to be
// consumed in the future, and the grace would be longer than it is.
func TestTheTimeUnderALockIsThatAfterWaitingForIt(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	s := stores(db)
	i := dbtest.Interleave(t, db)
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
	lock := func() (locked ports.Locked) { // and change nothing
		err := db.Do(t.Context(), func(ctx context.Context) (err error) {
			locked, err = s.Sessions.Lock(ctx, session.State().ID)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return locked
	}
	release := dbtest.Hold(i, lock)
	second := dbtest.Blocked(i, lock)
	var after time.Time
	require.NoError(t, db.Conn(t.Context()).Raw("SELECT clock_timestamp()").Row().Scan(&after))
	release()
	got := second()
	require.True(t, got.Now.After(after), "%s is before %s", got.Now, after)
}

// The rule: a page is read by an index in its order, from where the last one ended, in one statement; and so is what
// every login, refresh and poll looks for.
func TestReadsUseAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		users := gormstore.NewUsers(db, clock.System)
		for key, value := range map[string]string{"created_at": "2026-03-01T09:00:00.000000Z", "email": "ada@example.com"} {
			for _, desc := range []bool{false, true} {
				plans := dbtest.Plans(t, db, func() {
					_, err := users.List(t.Context(), ports.UserFilter{}, page.Request{
						Limit: 20, Sort: page.Sort{Key: key, Desc: desc}, After: &page.Position{Value: &value, ID: ids.New()},
					})
					require.NoError(t, err)
				})
				require.Len(t, plans, 1)
				requireIndex(t, plans[0].RequireNoSort())
			}
		}
		for _, plan := range dbtest.Plans(t, db, func() {
			_, err := users.HasOtherSchemes(t.Context(), "$argon2id$v=19$m=19456,t=2,p=1$")
			require.NoError(t, err)
		}) {
			requireIndex(t, plan)
		}
		id, when := ids.New(), "2026-03-01T09:00:00.000000Z"
		sessions := gormstore.NewSessions(db, clock.System)
		plans := dbtest.Plans(t, db, func() {
			_, err := sessions.ListLive(t.Context(), id, page.Request{
				Limit: 20, Sort: page.Sort{Key: "created_at", Desc: true}, After: &page.Position{Value: &when, ID: ids.New()},
			})
			require.NoError(t, err)
		})
		require.Len(t, plans, 1)
		requireIndex(t, plans[0].RequireNoSort())
		for _, filter := range []ports.SessionFilter{
			{}, {UserID: &id}, {Alive: new(true)}, {Alive: new(false)}, {UserID: &id, Alive: new(true)},
		} {
			plans := dbtest.Plans(t, db, func() {
				_, err := sessions.List(t.Context(), filter, page.Request{
					Limit: 20, Sort: page.Sort{Key: "created_at", Desc: true}, After: &page.Position{Value: &when, ID: ids.New()},
				})
				require.NoError(t, err)
			})
			require.Len(t, plans, 1)
			requireIndex(t, plans[0].RequireNoSort())
		}
		actor := ids.New()
		audit := gormstore.NewAudit(db)
		for _, filter := range []ports.AuditFilter{{}, {ActorID: &actor}, {Action: "login"}} {
			plans := dbtest.Plans(t, db, func() {
				_, err := audit.List(t.Context(), filter, page.Request{
					Limit: 20, Sort: page.Sort{Key: "at", Desc: true}, After: &page.Position{Value: &when, ID: ids.New()},
				})
				require.NoError(t, err)
			})
			require.Len(t, plans, 1)
			requireIndex(t, plans[0].RequireNoSort())
		}
		for query, args := range map[string][]any{
			"SELECT * FROM users WHERE email_key = ?":                                         {"x"},
			"SELECT * FROM users WHERE id = ? OR (role = 'admin' AND is_active)":              {id},
			"SELECT * FROM sessions WHERE user_id = ? AND ended_at IS NULL":                   {id},
			"SELECT * FROM refresh_tokens WHERE session_id = ? AND generation IN (1, 2)":      {id},
			"SELECT * FROM identity_changes WHERE seq > ? ORDER BY seq LIMIT 1000":            {7},
			"SELECT * FROM refresh_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT 500": {clock.System()},
			"SELECT * FROM guess_accounts WHERE forget_at < ? ORDER BY forget_at LIMIT 500":   {clock.System()},
			"SELECT * FROM guess_pairs WHERE forget_at < ? ORDER BY forget_at LIMIT 500":      {clock.System()},
			"SELECT * FROM guess_accounts WHERE account = ?":                                  {[]byte("x")},
			"SELECT * FROM guess_pairs WHERE account = ? AND network = ?":                     {[]byte("x"), "y"},
			"SELECT * FROM identity_changes WHERE expires_at < ?":                             {clock.System()},
			"SELECT * FROM identity_mails WHERE user_id = ? AND kind = 'x'":                   {id},
			"SELECT * FROM identity_mails WHERE expires_at < ? ORDER BY expires_at LIMIT 500": {clock.System()},
		} {
			requireIndex(t, dbtest.PlanOf(t, db, query, args...))
		}
	})
}

// requireIndex expects a plan that uses an index and reads nothing as a whole.
func requireIndex(t *testing.T, p dbtest.Plan) {
	t.Helper()
	require.Regexp(t, "(?i)index|integer primary key", p.RequireNoScan().Steps, p.Statement)
}
