package organizations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver/httpservertest"
)

// What was made is told again to whoever still sees it, and to nobody else: not to who left, not once it is gone.
func TestARepeatedCreationIsForWhoStillSeesIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		create := func(who person) *httpservertest.Answer {
			return who.Post(organizationsPath, body{"name": "Acme"}, "Idempotency-Key", "key")
		}
		var made, again organization
		first := create(ada).Decode(201, &made)
		repeated := create(ada).Decode(201, &again)
		require.Equal(t, string(first.Body), string(repeated.Body))
		require.Equal(t, "true", repeated.Header.Get("Idempotent-Replayed"))
		require.Equal(t, first.ETag(), repeated.ETag())
		w.ExpectEvents("organizations.organization_created", "organizations.member_added")

		w.add(ada, made, bob, "owner")
		ada.Patch(made.member(ada), body{"role": "member"}).Require(200)
		create(ada).Require(201)
		ada.Delete(made.member(ada)).Require(204)
		create(ada).RequireProblem(404, "not_found")
		w.add(bob, made, ada, "member")
		create(ada).Require(201)
		bob.Delete(made.path()).Require(204)
		create(ada).RequireProblem(404, "not_found")
		w.Events()
		create(bob).Require(201)
		w.ExpectEvents("organizations.organization_created", "organizations.member_added")
	})
}
