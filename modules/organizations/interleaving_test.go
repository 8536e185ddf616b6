package organizations_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/events"
)

// The tests of this file hold one transaction open, start another, see it wait for a lock of the first, and let go.

func interleaved(t *testing.T) (*world, *dbtest.Interleaving) {
	t.Helper()
	t.Parallel()
	w, i := moduletest.Interleaved(t, build)
	return &world{w, t}, i
}

// owned is an organisation with two owners.
func (w *world) owned() (acme organization, one, two person) {
	w.t.Helper()
	one, two = w.User("One"), w.User("Two")
	acme = w.create(one, "Acme")
	w.add(one, acme, two, "owner")
	return acme, one, two
}

// However two requests would leave an organisation without an owner, together they cannot.
func TestTwoOwnersDoNotBothCeaseToBeOne(t *testing.T) {
	w, i := interleaved(t)
	ceasing := map[string]func(who person, o organization, whom person) request{
		"leave or remove": func(who person, o organization, whom person) request { return deleting(who, o.member(whom)) },
		"demote": func(who person, o organization, whom person) request {
			return patching(who, o.member(whom), body{"role": "member"})
		},
	}
	root := w.Admin("Root")
	for first, cease := range ceasing {
		for second, ceaseToo := range ceasing {
			for _, c := range []struct {
				name   string
				by     func(one, two person) (person, person)
				status []int
			}{
				{"each themselves", func(one, two person) (person, person) { return one, two }, []int{409}},
				// Whoever was removed may do nothing any more, and whoever was demoted not this.
				{"each the other", func(one, two person) (person, person) { return two, one }, []int{403, 404}},
				{"a system admin both", func(_, _ person) (person, person) { return root, root }, []int{409}},
			} {
				t.Logf("%s, %s: %s", first, second, c.name)
				acme, one, two := w.owned()
				byFirst, bySecond := c.by(one, two)
				release := dbtest.Hold(i, cease(byFirst, acme, one))
				blocked := dbtest.Blocked(i, ceaseToo(bySecond, acme, two))
				require.Less(t, release().Status, 300)
				answer := blocked()
				require.Contains(t, c.status, answer.Status)
				if answer.Status == 409 {
					answer.RequireProblem(409, "last_owner")
				}
				require.Len(t, w.Events(), 1)
				require.EqualValues(t, 1, w.Count("organization_members WHERE organization_id = ? AND role = 'owner'", acme.ID))
			}
		}
	}
}

// Two who add the same user add one member.
func TestTheSameMemberTwice(t *testing.T) {
	w, i := interleaved(t)
	acme, one, two := w.owned()
	bob := w.User("Bob")
	release := dbtest.Hold(i, posting(one, acme.members(), body{"email": bob.Email, "role": "member"}))
	second := dbtest.Blocked(i, posting(two, acme.members(), body{"user_id": bob.UserID, "role": "admin"}))
	release().Require(201)
	second().RequireProblem(409, "already_member")
	require.Equal(t, "member", w.roles(one, acme)["Bob"])
	require.Len(t, w.Events(), 1)
}

// Nobody is added to an organisation that is being deleted, and one to which somebody is being added is deleted whole. It
// is all the same whether who adds is a member, whose own row goes as well, or a system admin, who has none.
func TestDeletionAgainstAnAddition(t *testing.T) {
	w, i := interleaved(t)
	bob, root := w.User("Bob"), w.Admin("Root")
	invitation := body{"email": bob.Email, "role": "member"}
	for _, asRoot := range []bool{false, true} {
		acme, one, adder := w.owned()
		if asRoot {
			adder = root
		}
		release := dbtest.Hold(i, deleting(one, acme.path()))
		addition := dbtest.Blocked(i, posting(adder, acme.members(), invitation))
		release().Require(204)
		addition().RequireProblem(404, "not_found")
		w.ExpectEvents("organizations.organization_deleted")

		acme, one, adder = w.owned()
		if asRoot {
			adder = root
		}
		release = dbtest.Hold(i, posting(adder, acme.members(), invitation))
		deletion := dbtest.Blocked(i, deleting(one, acme.path()))
		release().Require(201)
		deletion().Require(204)
		w.ExpectEvents("organizations.member_added", "organizations.organization_deleted")
		require.Zero(t, w.Count("organization_members"))
	}
}

// Whoever loses their part while they act may not act.
func TestActingAgainstBeingRemoved(t *testing.T) {
	w, i := interleaved(t)
	bob := w.User("Bob")
	for name, acting := range map[string]func(o organization, who person) request{
		"rename": func(o organization, who person) request { return patching(who, o.path(), body{"name": "Mine"}) },
		"delete": func(o organization, who person) request { return deleting(who, o.path()) },
		"add": func(o organization, who person) request {
			return posting(who, o.members(), body{"email": bob.Email, "role": "owner"})
		},
		"change": func(o organization, who person) request {
			return patching(who, o.member(who), body{"role": "admin"})
		},
	} {
		acme, one, two := w.owned()
		release := dbtest.Hold(i, deleting(one, acme.member(two)))
		act := dbtest.Blocked(i, acting(acme, two))
		release().Require(204)
		act().RequireProblem(404, "not_found")
		require.Len(t, w.Events(), 1, name)
		one.Get(acme.path()).Require(200)
	}
}

// A user who is being deactivated is not added, and one who is being added is deactivated only afterwards.
func TestAdditionAgainstDeactivation(t *testing.T) {
	w, i := interleaved(t)
	acme, one, _ := w.owned()
	bob, cleo := w.User("Bob"), w.User("Cleo")
	commit := dbtest.Hold(i, w.Publishing(moduletest.Deactivated(bob.User)))
	addition := dbtest.Blocked(i, posting(one, acme.members(), body{"email": bob.Email, "role": "member"}))
	require.NoError(t, commit())
	require.Equal(t, []string{"body.email"}, addition().RequireProblem(422, "validation_failed").Locations())

	release := dbtest.Hold(i, posting(one, acme.members(), body{"email": cleo.Email, "role": "member"}))
	deactivation := dbtest.Blocked(i, w.Publishing(moduletest.Deactivated(cleo.User)))
	release().Require(201)
	require.NoError(t, deactivation())
}

// Of two who derive the same slug at once each gets one; of two who ask for it one.
func TestTwoWithOneSlug(t *testing.T) {
	w, i := interleaved(t)
	ada, bob := w.User("Ada"), w.User("Bob")
	var first, second organization
	release := dbtest.Hold(i, posting(ada, organizationsPath, body{"name": "Acme"}))
	blocked := dbtest.Blocked(i, posting(bob, organizationsPath, body{"name": "ACME"}))
	release().Decode(201, &first)
	blocked().Decode(201, &second)
	require.Equal(t, "acme", first.Slug)
	require.Regexp(t, `^acme-[0-9a-f]{6}$`, second.Slug)

	release = dbtest.Hold(i, posting(ada, organizationsPath, body{"name": "Acme", "slug": "ours"}))
	blocked = dbtest.Blocked(i, posting(bob, organizationsPath, body{"name": "Acme", "slug": "ours"}))
	release().Require(201)
	blocked().RequireProblem(409, "slug_taken")

	release = dbtest.Hold(i, patching(ada, first.path(), body{"slug": "mine"}))
	blocked = dbtest.Blocked(i, patching(bob, second.path(), body{"slug": "mine"}))
	release().Require(200)
	blocked().RequireProblem(409, "slug_taken")
	require.Equal(t, "Acme ACME", names(t, ada, "sort=created_at&q=mine")+" "+names(t, bob, "q=acme-"))
}

// Of two changes that were based on the same version one wins, and the other learns of it.
func TestTwoChangesOfOneVersion(t *testing.T) {
	w, i := interleaved(t)
	acme, one, two := w.owned()
	bob := w.User("Bob")
	w.add(one, acme, bob, "member")
	for path, b := range map[string]body{acme.path(): {"name": "Park"}, acme.member(bob): {"role": "admin"}} {
		release := dbtest.Hold(i, patching(one, path, b, "If-Match", `"1.x"`))
		second := dbtest.Blocked(i, patching(two, path, b, "If-Match", `"1.x"`))
		release().Require(200)
		second().RequireProblem(412, "precondition_failed")
		require.Len(t, w.Events(), 1)
	}
}

// Everything at once on one organisation: nobody deadlocks, not even to be saved by a retry, nobody gets an answer that
// no order of the requests explains, and at the end there is an owner.
func TestNothingDeadlocks(t *testing.T) {
	t.Parallel()
	moduletest.RunStress(t, build, func(s *moduletest.Stress) {
		w := &world{s.World, t}
		people := []person{w.User("One"), w.User("Two"), w.User("Three"), w.User("Four"), w.Admin("Root")}
		acme := w.create(people[0], "Acme")
		roles := []string{"owner", "admin", "member"}
		s.Run(60, func(r *rand.Rand) {
			who, whom := people[r.IntN(len(people))], people[r.IntN(len(people))]
			role := roles[r.IntN(len(roles))]
			switch r.IntN(8) {
			case 0, 1, 2:
				s.Allow(who.Post(acme.members(), body{"user_id": whom.UserID, "role": role}), 201, 403, 404, 409, 422)
			case 3, 4:
				s.Allow(who.Patch(acme.member(whom), body{"role": role}), 200, 403, 404, 409)
			case 5:
				s.Allow(who.Delete(acme.member(whom)), 204, 403, 404, 409)
			case 6:
				s.Allow(who.Patch(acme.path(), body{"slug": "acme-" + role}), 200, 403, 404, 409)
			case 7:
				u := whom.User
				u.IsActive, u.Version = r.IntN(3) > 0, r.Int64N(1<<40)
				s.Succeed(events.UserChanged{User: u, At: moduletest.Start})
			}
		})
		require.NotZero(t, w.Count("organization_members WHERE organization_id = ? AND role = 'owner'", acme.ID))
	})
}
