package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestATeamBecomesAnOrganisation: somebody founds one, others are added by their addresses, take over, and leave.
func TestATeamBecomesAnOrganisation(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob, cleo := p.Register("Ann"), p.Register("Bob"), p.Register("Cleo")
		p.Events.Take()

		acme := ann.Organization("Acme Gärten")
		require.Equal(t, "acme-garten", acme.Slug)
		require.Equal(t, "owner", acme.Role)
		p.ExpectEvents("organizations.organization_created", "organizations.member_added")
		path := "/organizations/" + acme.ID
		of := func(who *harness.Person) string { return path + "/members/" + who.ID }

		// Until he belongs to it, it does not exist for Bob.
		bob.Get(path).WantsProblem(404, "not_found")
		require.Empty(t, harness.All[harness.Organization](bob.Client, "/organizations"))
		joined := ann.Member(acme.ID, bob.Email, "member")
		require.Equal(t, harness.Member{
			UserID: bob.ID, Email: bob.Email, DisplayName: "Bob", Role: "member", CreatedAt: joined.CreatedAt,
		}, joined)
		p.ExpectEvents("organizations.member_added")
		seen := harness.Into[harness.Organization](bob.Get(path).Wants(200))
		require.Equal(t, "member", seen.Role)
		require.Equal(t, []harness.Organization{seen}, harness.All[harness.Organization](bob.Client, "/organizations"))
		bob.Post(path+"/members", map[string]any{"email": cleo.Email, "role": "member"}).WantsProblem(403, "forbidden")

		ann.Patch(of(bob), map[string]any{"role": "admin"}).Wants(200)
		p.ExpectEvents("organizations.member_changed")
		bob.Member(acme.ID, cleo.Email, "member") // with the token of before
		bob.Patch(of(ann), map[string]any{"role": "member"}).WantsProblem(403, "forbidden")
		ann.Delete(of(ann)).WantsProblem(409, "last_owner")
		ann.Patch(of(bob), map[string]any{"role": "owner"}).Wants(200)
		ann.Delete(of(ann)).Wants(204)
		ann.Get(path).WantsProblem(404, "not_found")
		require.Len(t, harness.All[harness.Member](cleo.Client, path+"/members"), 2)
		p.Events.Take()

		// Names are those that people have now.
		bob.Patch("/users/me", map[string]any{"display_name": "Robert"}).Wants(200)
		owners := harness.All[harness.Member](cleo.Client, path+"/members?role=owner")
		require.Len(t, owners, 1)
		require.Equal(t, "Robert", owners[0].DisplayName)
		p.Events.Take()

		cleo.Delete(path).WantsProblem(403, "forbidden")
		bob.Delete(path).Wants(204)
		p.ExpectEvents("organizations.organization_deleted") // one root event: everything else is each module's own affair
		cleo.Get(path).WantsProblem(404, "not_found")
	})
}

// TestWhatAnAdminDoesToAnOrganisationIsInTheAuditLog: with who did it, from where, and by which request. What the same
// person does by a role of their own is not.
func TestWhatAnAdminDoesToAnOrganisationIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		admin, ann, bob := p.Admin(), p.Register("Ann"), p.Register("Bob")
		acme := ann.Organization("Acme")
		path := "/organizations/" + acme.ID
		ann.Patch(path, map[string]any{"name": "Acme & Sons"}).Wants(200)
		own := admin.Organization("Own")
		admin.Member(own.ID, bob.Email, "member")
		admin.Delete("/organizations/" + own.ID).Wants(204)

		answers := []*harness.Answer{
			admin.Patch(path, map[string]any{"name": "Acme & Daughters"}).Wants(200),
			admin.Post(path+"/members", map[string]any{"user_id": bob.ID, "role": "admin"}).Wants(201),
			admin.Patch(path+"/members/"+bob.ID, map[string]any{"role": "owner"}).Wants(200),
			admin.Delete(path + "/members/" + bob.ID).Wants(204),
			admin.Delete(path).Wants(204),
		}
		admin.Delete(path).WantsProblem(404, "not_found") // and what fails leaves nothing
		log := harness.All[harness.AuditEntry](admin.Client, "/admin/audit?actor_id="+admin.ID)
		ofBob := func(role string) map[string]string { return map[string]string{"user_id": bob.ID, "role": role} }
		for i, want := range []harness.AuditEntry{ // the newest is the first in the log
			{Action: "admin.organization_changed", Details: map[string]string{}},
			{Action: "admin.member_added", Details: ofBob("admin")},
			{Action: "admin.member_changed", Details: ofBob("owner")},
			{Action: "admin.member_removed", Details: ofBob("owner")},
			{Action: "admin.organization_deleted", Details: map[string]string{}},
		} {
			got := log[len(answers)-1-i]
			want.ID, want.At = got.ID, got.At
			want.ActorID, want.TargetType, want.TargetID = &admin.ID, "organization", &acme.ID
			want.IP, want.RequestID = "127.0.0.1", answers[i].Header.Get("X-Request-Id")
			require.Equal(t, want, got)
		}
		require.Equal(t, "login", log[len(answers)].Action, "nothing else is the admin's")
	})
}

// TestNothingIsLeftOfADeletedOrganisation looks for its id in every column of every table.
func TestNothingIsLeftOfADeletedOrganisation(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		db := dbtest.Open(t, p.Config.DatabaseURL)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		doomed, kept := ann.Organization("Acme"), ann.Organization("Acme")
		for _, o := range []harness.Organization{doomed, kept} {
			ann.Member(o.ID, bob.Email, "member")
		}
		require.Subset(t, mentioning(t, db, doomed.ID), []string{"organizations", "organization_members"})
		ann.Delete("/organizations/" + doomed.ID).Wants(204)
		require.Empty(t, mentioning(t, db, doomed.ID))
		require.Len(t, harness.All[harness.Member](bob.Client, "/organizations/"+kept.ID+"/members"), 2)
	})
}
