package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/broadcast"
	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// Without hints a node asks once a second whether there is something new; who has just been told waits that long.
const pollOfFeeds = time.Second

func TestWhatIsWrittenOnOneNodeReachesTheOtherAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	one, two := harness.Start(t, url), harness.Start(t, url)
	ann, bob := one.Register("Ann"), one.Register("Bob")
	project := ann.Project("Garden")
	task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
	there := two.Login(bob.Email, bob.Password)
	socket := there.Socket("")

	times := 0
	deliver := func() time.Duration {
		times++
		begin := time.Now()
		ann.Comment(task.ID, fmt.Sprintf("Comment %d", times))
		socket.Expect("comment_added")
		return time.Since(begin)
	}
	measure := func() time.Duration {
		var took []time.Duration
		for range 21 {
			took = append(took, deliver())
		}
		slices.Sort(took)
		t.Logf("from the write on one node to the socket of the other: p50 %s, worst %s", took[10], took[20])
		return took[10]
	}
	deliver() // by then both nodes hear each other, or have asked
	require.Less(t, measure(), pollOfFeeds/2)

	logout := func() time.Duration {
		same := one.Login(bob.Email, bob.Password)
		elsewhere := two.With(same.Tokens.AccessToken)
		elsewhere.Get("/users/me").Wants(200)
		begin := time.Now()
		same.Post("/auth/logout", nil).Wants(204)
		for elsewhere.Get("/users/me").Status == 200 {
			require.Less(t, time.Since(begin), time.Second)
		}
		return time.Since(begin)
	}
	var took []time.Duration
	for range 11 {
		took = append(took, logout())
	}
	slices.Sort(took)
	t.Logf("from the logout on one node to the refusal of the other: p50 %s, worst %s", took[5], took[10])

	// The connections between the nodes are cut, and nothing is lost; then they come back by themselves.
	killer := dbtest.Open(t, url)
	for range 2 {
		var cut int
		require.NoError(t, killer.Conn(t.Context()).Raw(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = ?`, broadcast.ApplicationName).Scan(&cut).Error)
		require.Equal(t, 4, cut)
		require.Less(t, deliver(), pollOfFeeds+harness.Patience/4)
		logout()
		require.Eventually(t, func() bool {
			var back int
			require.NoError(t, killer.Conn(t.Context()).Raw(`SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name = ? AND state = 'idle'`,
				broadcast.ApplicationName).Scan(&back).Error)
			return back == 4
		}, harness.Patience, 20*time.Millisecond)
	}
	require.Less(t, measure(), pollOfFeeds/2)
}
