package identity_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func decoded(t *testing.T, part []byte) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(string(part))
	require.NoError(t, err)
	return raw
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		nobody := n.Anonymous(t)
		var u user
		a := nobody.Post("/api/v1/auth/register", map[string]string{
			"email": " Ada.Lovelace@Example.com ", "password": password, "display_name": " Ada ",
		}).Decode(201, &u)
		require.Equal(t, "Ada.Lovelace@Example.com", u.Email)
		require.Equal(t, "Ada", u.DisplayName)
		require.Equal(t, "user", u.Role)
		require.True(t, u.IsActive)
		require.False(t, u.EmailVerified)
		require.Equal(t, u.CreatedAt, u.UpdatedAt)
		require.Equal(t, "/api/v1/users/"+u.ID.String(), a.Header.Get("Location"))
		require.Regexp(t, `^"1\..+"$`, a.ETag())
		require.NotContains(t, string(a.Body), "password")
		require.Equal(t, []eventbus.Event{events.UserRegistered{
			User: events.User{
				UserID: u.ID, Email: u.Email, DisplayName: "Ada", Role: "user", IsActive: true, Version: 1,
			},
			At: u.CreatedAt,
		}}, n.Events())

		nobody.Post("/api/v1/auth/register", map[string]string{
			"email": "ADA.lovelace@example.COM", "password": password,
		}).RequireProblem(409, "email_taken")
		require.Empty(t, n.Events())

		require.Equal(t, "grace", n.register(t, "grace").DisplayName)
	})
}

// Some keyboards write é as one character, others as a letter and a mark.
func TestAnAddressIsTheSameInEverySpelling(t *testing.T) {
	t.Parallel()
	const one, two = "ren\u00e9@example.com", "RENE\u0301@example.com"
	each(t, func(t *testing.T, n *node) {
		nobody := n.Anonymous(t)
		var u user
		nobody.Post("/api/v1/auth/register", map[string]string{"email": one, "password": password}).Decode(201, &u)
		require.Equal(t, one, u.Email)
		nobody.Post("/api/v1/auth/register", map[string]string{"email": two, "password": password}).
			RequireProblem(409, "email_taken")
		nobody.Post("/api/v1/auth/login", map[string]string{"email": two, "password": password}).Require(200)
	})
}

func TestARegistrationIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		nobody := n.Anonymous(t)
		a := nobody.Post("/api/v1/auth/register", map[string]string{
			"email": "ada", "password": "hunter2", "display_name": "",
		}).RequireProblem(422, "validation_failed")
		require.ElementsMatch(t, []string{"body.email", "body.password", "body.display_name"}, a.Locations())
		require.NotContains(t, string(a.Body), "hunter2")
		for body, status := range map[string]int{
			`{`:                 400,
			`{}`:                422,
			`[]`:                422,
			`{"email":"a@b.c"}`: 422,
			`{"password":"` + password + `","email":"a@b.c","role":"admin"}`:      422,
			`{"password":"` + password + `","email":"a@b.c","is_active":true}`:    422,
			`{"password":"` + password + `","email":"a@b.c","display_name":null}`: 422,
			`{"password":null,"email":"a@b.c"}`:                                   422,
			`{"password":"` + password + `","email":"a@b.c\u0000"}`:               422,
		} {
			nobody.Post("/api/v1/auth/register", body).Require(status)
		}
		nobody.Post("/api/v1/auth/register", `{"password":"`+password+`","email":"a\u0000@b.c"}`).Require(422)
		nobody.Post("/api/v1/auth/register", `{"password":"`+password+`","email":"a@b.c","display_name":"a\u0000"}`).Require(422)
		require.Zero(t, n.Count("users"))
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		nobody := n.Anonymous(t)
		var g grant
		a := nobody.Post("/api/v1/auth/login", map[string]string{"email": "ADA@example.com", "password": password}).Decode(200, &g)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.Equal(t, "bearer", g.TokenType)
		require.EqualValues(t, 900, g.ExpiresIn)
		require.EqualValues(t, 7*24*3600, g.RefreshExpiresIn)
		require.Equal(t, address("ada"), n.as(t, g).Email)

		wrong := nobody.Post("/api/v1/auth/login", map[string]string{"email": address("ada"), "password": password + "!"})
		wrong.RequireProblem(401, "invalid_credentials")
		require.NotEmpty(t, wrong.Header.Get("WWW-Authenticate"))
		for _, email := range []string{address("nobody"), "not an address", "", "a\x00@b.c", strings.Repeat("a", 5000)} {
			unknown := nobody.Post("/api/v1/auth/login", map[string]string{"email": email, "password": password})
			unknown.RequireProblem(401, "invalid_credentials")
			require.Equal(t, withoutID(wrong.Body), withoutID(unknown.Body), "who does not exist cannot be told from a wrong password")
			require.Equal(t, wrong.Header.Get("WWW-Authenticate"), unknown.Header.Get("WWW-Authenticate"))
		}
		for _, presented := range []string{"", strings.Repeat("x", 1025)} {
			nobody.Post("/api/v1/auth/login", map[string]string{"email": address("ada"), "password": presented}).
				RequireProblem(422, "validation_failed")
		}
		for _, presented := range []string{"x", strings.Repeat("x", 1024), "\x00"} {
			nobody.Post("/api/v1/auth/login", map[string]string{"email": address("ada"), "password": presented}).
				RequireProblem(401, "invalid_credentials")
		}
	})
}

func withoutID(body []byte) string {
	before, after, _ := strings.Cut(string(body), `"request_id":"`)
	return before + after[36:]
}

func TestADeactivatedAccountIsToldOnlyToWhoKnowsThePassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		another := n.login(t, "ada")
		n.Events()
		admin.Patch(ada.path(), map[string]bool{"is_active": false}).Require(200)
		require.ElementsMatch(t, []string{events.SessionDeactivated, events.SessionDeactivated}, n.endings())

		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		another.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		nobody := n.Anonymous(t)
		nobody.Post("/api/v1/auth/login", credentials("ada")).RequireProblem(403, "account_disabled")
		nobody.Post("/api/v1/auth/login", map[string]string{"email": address("ada"), "password": "wrong password"}).
			RequireProblem(401, "invalid_credentials")

		admin.Patch(ada.path(), map[string]bool{"is_active": true}).Require(200)
		require.Empty(t, n.endings())
		ada.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		require.True(t, n.login(t, "ada").alive())
	})
}

func TestTheDeviceOfASessionIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		n.register(t, "ada")
		n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada"), "User-Agent", strings.Repeat("é", 600)).Require(200)
		var kept struct{ IP, UserAgent string }
		require.NoError(t, n.DB.Conn(t.Context()).Raw("SELECT ip, user_agent FROM sessions").Scan(&kept).Error)
		require.Equal(t, "127.0.0.1", kept.IP)
		require.LessOrEqual(t, len(kept.UserAgent), 512)
		require.True(t, strings.HasPrefix(kept.UserAgent, "éé"))
	})
}

func TestTheOwnAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		n.Events()
		a := ada.Get("/api/v1/users/me").Require(200)
		ada.Get("/api/v1/users/me", "If-None-Match", a.ETag()).Require(304)

		var changed user
		b := ada.Patch("/api/v1/users/me", map[string]string{"display_name": "Countess"}, "If-Match", a.ETag()).Decode(200, &changed)
		require.Equal(t, "Countess", changed.DisplayName)
		require.True(t, changed.UpdatedAt.After(changed.CreatedAt))
		require.Regexp(t, `^"2\.`, b.ETag())
		require.Equal(t, []eventbus.Event{events.UserChanged{
			User: events.User{
				UserID: ada.ID, Email: ada.Email, DisplayName: "Countess", Role: "user", IsActive: true, Version: 2,
			},
			At: changed.UpdatedAt,
		}}, n.Events())
		require.Zero(t, n.Count("identity_changes"), "a name says nothing about access")

		ada.Patch("/api/v1/users/me", map[string]string{"display_name": "Ada"}, "If-Match", a.ETag()).
			RequireProblem(412, "precondition_failed")
		require.Equal(t, b.ETag(), ada.Patch("/api/v1/users/me", map[string]any{}).Require(200).ETag())
		require.Empty(t, n.Events())

		ada.Patch("/api/v1/users/me", map[string]any{"display_name": nil}).Require(422)
		for _, member := range []string{"role", "is_active", "email_verified", "id", "password_hash"} {
			ada.Patch("/api/v1/users/me", map[string]any{member: true}).RequireProblem(422, "validation_failed")
		}
		n.Anonymous(t).Get("/api/v1/users/me").RequireProblem(401, "unauthenticated")
	})
}

func TestAdminsManageUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		n.Events()
		for _, path := range []string{"/api/v1/users", ada.path(), admin.path()} {
			ada.Get(path).RequireProblem(403, "forbidden")
		}
		ada.Patch(ada.path(), map[string]string{"role": "admin"}).RequireProblem(403, "forbidden")
		admin.Get("/api/v1/users/"+ids.New().String()).RequireProblem(404, "not_found")
		admin.Patch("/api/v1/users/"+ids.New().String(), map[string]string{"role": "admin"}).RequireProblem(404, "not_found")
		admin.Patch("/api/v1/users/"+ids.New().String(), map[string]string{"display_name": "X"}).RequireProblem(404, "not_found")
		admin.Patch(ada.path(), map[string]string{"role": "owner"}).RequireProblem(422, "validation_failed")
		admin.Get("/api/v1/users/me2").Require(422)

		a := admin.Get(ada.path()).Require(200)
		admin.Patch(ada.path(), map[string]string{"role": "admin"}, "If-Match", `"7.x"`).RequireProblem(412, "precondition_failed")
		var changed user
		admin.Patch(ada.path(), map[string]any{"role": "admin", "display_name": "Ada"}, "If-Match", a.ETag()).Decode(200, &changed)
		require.Equal(t, "admin", changed.Role)
		require.Equal(t, "Ada", changed.DisplayName)
		require.True(t, n.ExpectEvents("identity.user_changed")[0].(events.UserChanged).AccessChanged)

		ada.Get("/api/v1/users").Require(200) // the token still says user; the live role counts
		require.True(t, ada.alive(), "a new role ends no session")
		ada.Patch(admin.path(), map[string]string{"role": "user"}).Require(200)
		admin.Get("/api/v1/users").RequireProblem(403, "forbidden")
		ada.Patch(ada.path(), map[string]string{"role": "user"}).RequireProblem(409, "last_admin")
		ada.Patch(ada.path(), map[string]bool{"is_active": false}).RequireProblem(409, "last_admin")
		ada.Patch(ada.path(), map[string]string{"role": "user"}, "If-Match", `"7.x"`).RequireProblem(409, "last_admin")
		ada.Patch(ada.path(), map[string]any{"role": "admin", "is_active": true}).Require(200)
	})
}

func TestTheListOfUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin := n.admin(t, "root")
		for _, name := range []string{"carol", "Bob", "alice", "ÄRGER_1", "ärgerx1"} {
			n.register(t, name)
		}
		n.Exec("UPDATE users SET is_active = false WHERE email = ?", address("carol"))
		list := func(query string) (names []string) {
			t.Helper()
			path := "/api/v1/users?limit=2&" + query
			for {
				var page struct {
					Items      []user  `json:"items"`
					NextCursor *string `json:"next_cursor"`
				}
				admin.Get(path).Decode(200, &page)
				for _, u := range page.Items {
					name, _, _ := strings.Cut(u.Email, "@")
					names = append(names, name)
				}
				if page.NextCursor == nil {
					return names
				}
				path = "/api/v1/users?limit=2&" + query + "&cursor=" + *page.NextCursor
			}
		}
		require.Equal(t, []string{"ärgerx1", "ÄRGER_1", "alice", "Bob", "carol", "root"}, list(""))
		require.Equal(t, []string{"root", "carol", "Bob", "alice", "ÄRGER_1", "ärgerx1"}, list("sort=created_at"))
		require.Equal(t, []string{"alice", "Bob", "carol", "root", "ÄRGER_1", "ärgerx1"}, list("sort=email"))
		require.Equal(t, []string{"ärgerx1", "ÄRGER_1", "root", "carol", "Bob", "alice"}, list("sort=-email"))
		require.Equal(t, []string{"root"}, list("role=admin"))
		require.Equal(t, []string{"carol"}, list("is_active=false"))
		require.Equal(t, []string{"ärgerx1", "ÄRGER_1", "alice", "Bob"}, list("is_active=true&role=user"))
		require.Equal(t, []string{"Bob"}, list("q=BO"))
		require.Equal(t, []string{"ärgerx1", "ÄRGER_1"}, list("q=%C3%84rGeR"))
		require.Equal(t, []string{"ÄRGER_1"}, list("q=r_"))
		require.Empty(t, list("q=%25"))
		require.Empty(t, list("q=%5C"))
		admin.Get("/api/v1/users?sort=email&cursor=AAAA").RequireProblem(422, "cursor_mismatch")
		for _, bad := range []string{"role=owner", "is_active=perhaps", "sort=role", "limit=0", "limit=101", "x=1", "q=" + strings.Repeat("x", 201)} {
			admin.Get("/api/v1/users?"+bad).RequireProblem(422, "validation_failed")
		}
	})
}

func TestTheFirstSuperuserIsMadeOnceAndLeftAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		failed := atOnce(4, func(int) error { return n.EnsureSuperuser(t.Context()) })
		require.Equal(t, make([]error, 4), failed)
		require.EqualValues(t, 1, n.Count("users"))
		require.Len(t, n.Events(), 1, "other modules hear of it as of any user")

		root := n.login(t, "root")
		require.Equal(t, "admin", root.Role)
		n.Exec("UPDATE users SET role = 'user'")
		require.NoError(t, n.EnsureSuperuser(t.Context()))
		require.Zero(t, n.Count("users WHERE role = 'admin'"))
		require.NotContains(t, n.logged(), password)
	}, superuser(address("root"), password))
}

func TestASuperuserWhoCannotBeMadeStopsTheStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		err := n.EnsureSuperuser(t.Context())
		require.ErrorContains(t, err, "body.password")
		require.NotContains(t, err.Error(), "short")
	}, superuser(address("root"), "short"))
}

func TestWithoutASuperuserInTheConfigurationNoneIsMade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		require.NoError(t, n.EnsureSuperuser(t.Context()))
		require.Zero(t, n.Count("users"))
	})
}

func TestTheAuthenticatorKeepsItsContract(t *testing.T) {
	t.Parallel()
	for name, running := range map[string]bool{"from memory": true, "by asking": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, n *node) {
				if running {
					n.Go(n.Run)
					n.waitForMemory(t)
				}
				people, tokens := map[ids.ID]string{}, map[ids.ID]string{}
				login := func(t *testing.T, name string) (auth.Principal, string) {
					p := n.login(t, name)
					_, payload := claims(t, p.AccessToken)
					session := sessionOf(t, p.AccessToken)
					people[p.ID], tokens[session] = name, p.AccessToken
					return auth.Principal{
						UserID: p.ID, SessionID: session, Role: auth.Role(p.Role),
						ExpiresAt: time.Unix(int64(payload["exp"].(float64)), 0).UTC(),
					}, p.AccessToken
				}
				admin := n.admin(t, "root")
				authtest.Contract(t, func(t *testing.T) authtest.Subject {
					n.ahead.Store(0)
					return authtest.Subject{
						Authenticator: n.Authenticator(),
						LogIn: func(t *testing.T, role auth.Role) (auth.Principal, string) {
							name := fmt.Sprintf("u%d", len(people))
							n.register(t, name)
							n.Exec("UPDATE users SET role = ? WHERE email = ?", string(role), address(name))
							return login(t, name)
						},
						LogInAgain: func(t *testing.T, p auth.Principal) (auth.Principal, string) { return login(t, people[p.UserID]) },
						Revoke: func(t *testing.T, r auth.Revocation) {
							if r.SessionID.IsZero() {
								admin.Patch("/api/v1/users/"+r.UserID.String(), map[string]bool{"is_active": false}).Require(200)
								return
							}
							out := n.Anonymous(t)
							out.Token = tokens[r.SessionID]
							out.Post("/api/v1/auth/logout", nil).Require(204)
						},
						SetRole: func(t *testing.T, p auth.Principal, role auth.Role) {
							admin.Patch("/api/v1/users/"+p.UserID.String(), map[string]string{"role": string(role)}).Require(200)
						},
						Expire: func(*testing.T) { n.ahead.Store(int64(16 * time.Minute)) },
					}
				})
			})
		})
	}
}

func TestNoSecretReachesALogOrAnError(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		ada := n.join(t, "ada")
		for _, token := range []string{ada.AccessToken + "x", ada.RefreshToken, "nonsense"} {
			ada.Token = token
			ada.Get("/api/v1/users/me").Require(http.StatusUnauthorized)
		}
		ada.refresh(ada.AccessToken).Require(401)
		ada.refresh(ada.RefreshToken).Require(200)
		n.Exec("UPDATE users SET password_hash = 'mangled by hand'")
		broken := n.Anonymous(t).Post("/api/v1/auth/login", credentials("ada")).RequireProblem(500, "internal")
		require.NotContains(t, string(broken.Body), "mangled")
		for _, leak := range []string{password, ada.AccessToken, ada.RefreshToken, "mangled", "argon2id$", secret} {
			require.NotContains(t, n.logged(), leak)
		}
		require.Contains(t, n.logged(), "verify a password")
	})
}
