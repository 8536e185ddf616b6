package gormstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/organizations/internal/adapters/gormstore"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

const (
	organizations = 120
	membersEach   = 30
)

// crowd is a database with so many organisations and members that a plan without an index shows.
type crowd struct {
	caller   auth.Principal // an owner of one organisation and in no other
	org      ids.ID
	reader   ids.ID
	root     auth.Principal
	position map[string]page.Position // in the middle of the list of all, by sort key
	middle   page.Position            // of the members
}

func newCrowd(t *testing.T, db *database.DB) crowd {
	t.Helper()
	c := crowd{root: auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin}}
	var people, orgs, members []map[string]any
	for i := range organizations {
		org, at := ids.New(), time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC)
		name := fmt.Sprintf("Organisation %03d", i)
		orgs = append(orgs, map[string]any{
			"id": org, "name": name, "slug": org.String(), "search_key": name, "version": 1, "created_at": at, "updated_at": at,
		})
		for k := range membersEach {
			user := ids.New()
			people = append(people, map[string]any{
				"user_id": user, "email": user.String(), "email_key": user.String(), "display_name": "Ada", "is_active": true,
				"role": "user", "version": 1,
			})
			role := "member"
			if k < 2 {
				role = "owner"
			}
			members = append(members, map[string]any{
				"organization_id": org, "user_id": user, "role": role, "version": 1,
				"created_at": at.Add(time.Duration(k) * time.Second),
			})
			switch {
			case i != organizations/2:
			case k == 0:
				c.caller, c.org = auth.Principal{UserID: user, Role: auth.RoleUser}, org
				c.position = map[string]page.Position{
					"created_at": {Value: new(database.FormatTime(at)), ID: org},
					"updated_at": {Value: new(database.FormatTime(at)), ID: org},
					"name":       {Value: &name, ID: org},
				}
			case k == membersEach/2:
				c.reader = user
				c.middle = page.Position{Value: new(database.FormatTime(at.Add(time.Duration(k) * time.Second))), ID: user}
			}
		}
	}
	dbtest.Fill(t, db, dbtest.Rows{Table: "organization_users", Rows: people},
		dbtest.Rows{Table: "organizations", Rows: orgs}, dbtest.Rows{Table: "organization_members", Rows: members})
	return c
}

var tables = []string{"o", "c", "m", "u", "organizations", "organization_members", "organization_users"}

// requireDirect expects a plan that goes from index to index.
func requireDirect(p dbtest.Plan, indexes ...string) {
	p.RequireNoTableScan(tables...).RequireIndex(indexes...)
}

// A page of all organisations is read in the order of an index and no further than it goes, from the beginning as from
// the middle. Those of one user are found by their memberships, and sorted.
func TestPagesOfOrganisationsAreReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewOrganizations(db)
		plans := func(filter ports.Filter, request page.Request, found int) dbtest.Plan {
			t.Helper()
			plans := dbtest.Plans(t, db, func() {
				p, err := store.List(t.Context(), filter, request)
				require.NoError(t, err)
				require.Len(t, p.Items, found)
			})
			require.Len(t, plans, 1)
			return plans[0]
		}
		for key, index := range map[string]string{"created_at": "created", "updated_at": "updated", "name": "name"} {
			for _, descending := range []bool{false, true} {
				sort := page.Sort{Key: key, Desc: descending}
				for _, after := range []*page.Position{nil, new(c.position[key])} {
					p := plans(ports.Filter{Caller: c.root, All: true}, page.Request{Limit: 3, Sort: sort, After: after}, 3)
					requireDirect(p, "organizations_"+index)
					p.RequireNoSort()
				}
				p := plans(ports.Filter{Caller: c.caller}, page.Request{Limit: 3, Sort: sort}, 1)
				requireDirect(p, "organization_members_user")
				p.RequireNoScan(tables...)
			}
		}
	})
}

func TestPagesOfMembersAreReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewMembers(db)
		for role, index := range map[auth.OrganizationRole]string{
			auth.OrganizationNone: "organization_members_created", auth.OrganizationMember: "organization_members_role",
		} {
			for _, descending := range []bool{false, true} {
				for _, after := range []*page.Position{nil, &c.middle} {
					for _, caller := range []auth.Principal{c.caller, c.root} {
						plans := dbtest.Plans(t, db, func() {
							p, err := store.List(t.Context(), caller, c.org, role, page.Request{
								Limit: 3, Sort: page.Sort{Key: "created_at", Desc: descending}, After: after,
							})
							require.NoError(t, err)
							require.Len(t, p.Items, 3)
						})
						require.Len(t, plans, 1)
						requireDirect(plans[0], index)
						plans[0].RequireNoSort()
					}
				}
			}
		}
	})
}

// What is done to one organisation or one member looks at no other; a change of a member at the owners as well.
func TestOneIsFoundByItsKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c := newCrowd(t, db)
		orgs, members := gormstore.NewOrganizations(db), gormstore.NewMembers(db)
		in := func(fn func(ctx context.Context) error) func() {
			return func() { require.NoError(t, db.Do(t.Context(), fn)) }
		}
		for name, do := range map[string]func(){
			"read": func() {
				_, err := orgs.Find(t.Context(), c.caller, c.org)
				require.NoError(t, err)
			},
			"read as an admin": func() {
				_, err := orgs.Find(t.Context(), c.root, c.org)
				require.NoError(t, err)
			},
			"read a member": func() {
				_, err := members.Find(t.Context(), c.caller, c.org, c.reader)
				require.NoError(t, err)
			},
			"is a slug taken": in(func(ctx context.Context) error {
				_, err := orgs.IsTaken(ctx, "acme")
				return err
			}),
			"hold": in(func(ctx context.Context) error {
				_, err := members.Hold(ctx, c.caller, c.org)
				return err
			}),
			"change a member": in(func(ctx context.Context) error {
				_, err := members.Update(ctx, c.caller, c.org, c.reader,
					func(m *domain.Member, _ auth.Caller, last bool) error {
						require.False(t, last)
						return m.SetRole(auth.OrganizationAdmin, last)
					})
				return err
			}),
			"find by address": in(func(ctx context.Context) error {
				_, ok, err := users(db).HoldActiveByEmail(ctx, c.reader.String())
				require.True(t, ok)
				return err
			}),
		} {
			plans := dbtest.Plans(t, db, do)
			require.NotEmpty(t, plans, name)
			for _, plan := range plans {
				plan.RequireNoScan(tables...)
			}
			if name == "change a member" {
				plans[1].RequireIndex("organization_members_role")
			}
		}
		plans := dbtest.Plans(t, db, in(func(ctx context.Context) error {
			return orgs.Delete(ctx, c.caller, c.org, func(*domain.Organization, auth.Caller) error { return nil })
		}))
		require.Len(t, plans, 4)
		for _, plan := range plans {
			plan.RequireNoScan(tables...)
		}
	})
}
