package gormstore_test

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/projects/internal/adapters/gormstore"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/modules/projects/internal/ports/portstest"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		portstest.Projects(t, db, gormstore.New(db))
	})
}

// The rule: writers of one project's tasks never wait for each other, and what they count is exact.
func TestCountsStayExactUnderConcurrentWriters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store := gormstore.New(db)
		owner := auth.Principal{UserID: ids.New(), Role: auth.RoleUser}
		p := domain.NewInbox(ids.New(), owner.UserID, clock.System())
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return store.Add(ctx, p) }))
		const writers, each = 8, 40
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range each {
					err := db.Do(t.Context(), func(ctx context.Context) error {
						return store.Count(ctx, p.State().ID, domain.TaskCounts{Todo: 1, Done: 2})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		got, err := store.Find(t.Context(), owner, p.State().ID)
		require.NoError(t, err)
		require.Equal(t, domain.TaskCounts{Todo: writers * each, Done: 2 * writers * each}, got.State().TaskCounts)
	})
}

// The rule: a page is read by an index in its order, from where the last one ended, in one statement.
func TestPagesUseAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store := gormstore.New(db)
		recording := db.Record()
		defer recording.Stop()
		owner := ids.New()
		for _, key := range []string{"created_at", "updated_at", "name"} {
			for _, filter := range []ports.Filter{{OwnerID: owner}, {}} {
				for _, desc := range []bool{false, true} {
					recording.Reset()
					value := "2026-03-01T09:00:00.000000Z"
					_, err := store.List(t.Context(), filter, page.Request{
						Limit: 20, Sort: page.Sort{Key: key, Desc: desc}, After: &page.Position{Value: &value, ID: ids.New()},
					})
					require.NoError(t, err)
					require.Equal(t, 1, recording.Count())
					requireIndexed(t, db, recording.Statements()[0], filter, value)
				}
			}
		}
	})
}

var parameter = regexp.MustCompile(`\$\d+|\?`)

// requireIndexed reads the plan of a page's statement, whose parameters are: owner, key and id of the last one, limit.
func requireIndexed(t *testing.T, db *database.DB, statement string, filter ports.Filter, value string) {
	t.Helper()
	arguments := []string{value, ids.New().String(), "21"}
	if !filter.OwnerID.IsZero() {
		arguments = append([]string{filter.OwnerID.String()}, arguments...)
	}
	literal := parameter.ReplaceAllStringFunc(statement, func(string) string {
		next := arguments[0]
		arguments = arguments[1:]
		return "'" + next + "'"
	})
	plan := dbtest.Explain(t, db, literal)
	require.NotContains(t, plan, "Seq Scan", statement)
	require.NotContains(t, plan, "SCAN projects\n", statement)
	require.NotContains(t, plan, "Sort", statement)
	require.NotContains(t, plan, "TEMP B-TREE", statement)
	require.Regexp(t, `Index Cond: .*(created_at|updated_at|name)|SEARCH projects USING INDEX projects_`, plan)
}
