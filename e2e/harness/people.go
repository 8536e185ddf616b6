package harness

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// Person is a user who has logged in; the embedded client calls as they.
type Person struct {
	*Client
	User
	Tokens   Tokens
	Password string
}

// Register makes a user with this display name and logs them in.
func (c *Client) Register(name string) *Person {
	c.t.Helper()
	address := strings.ToLower(name) + "-" + fmt.Sprintf("%08x", rand.Uint32()) + "@example.com"
	password := "the password of " + name
	c.With("").Post("/auth/register", map[string]any{"email": address, "password": password, "display_name": name}).
		Wants(http.StatusCreated)
	return c.Login(address, password)
}

// Login logs a user in.
func (c *Client) Login(email, password string) *Person {
	c.t.Helper()
	tokens := Into[Tokens](c.With("").Post("/auth/login", map[string]any{"email": email, "password": password}).
		Wants(http.StatusOK))
	as := c.With(tokens.AccessToken)
	return &Person{as, Into[User](as.Get("/users/me").Wants(http.StatusOK)), tokens, password}
}

// Admin logs the superuser in.
func (c *Client) Admin() *Person {
	c.t.Helper()
	return c.Login(AdminEmail, AdminPassword)
}

// Project makes a project of theirs.
func (p *Person) Project(name string) Project {
	p.t.Helper()
	return Created[Project](p.Post("/projects", map[string]any{"name": name}))
}

// Organization makes an organisation, whose owner they are.
func (p *Person) Organization(name string) Organization {
	p.t.Helper()
	return Created[Organization](p.Post("/organizations", map[string]any{"name": name}))
}

// Member makes whoever has the address a member of an organisation that they manage.
func (p *Person) Member(organizationID, email, role string) Member {
	p.t.Helper()
	return Created[Member](p.Post("/organizations/"+organizationID+"/members", map[string]any{"email": email, "role": role}))
}

// Task makes a task in a project that they manage. The fields are those of the API beside the title; nil: none.
func (p *Person) Task(projectID, title string, fields map[string]any) Task {
	p.t.Helper()
	body := map[string]any{"title": title}
	for name, value := range fields {
		body[name] = value
	}
	return Created[Task](p.Post("/projects/"+projectID+"/tasks", body))
}

// Comment comments on a task.
func (p *Person) Comment(taskID, body string) Comment {
	p.t.Helper()
	return Created[Comment](p.Post("/tasks/"+taskID+"/comments", map[string]any{"body": body}))
}

// All walks a list to its end and returns its items. The path may have a query.
func All[T any](c *Client, path string) []T {
	c.t.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	var items []T
	cursor := ""
	for {
		page := Into[List[T]](c.Get(path + join + "limit=100" + cursor).Wants(http.StatusOK))
		items = append(items, page.Items...)
		if !page.HasMore {
			return items
		}
		cursor = "&cursor=" + *page.NextCursor
	}
}

// Feed reads a user's notifications, oldest first.
func (p *Person) Feed() []Notification {
	p.t.Helper()
	var feed []Notification
	for {
		after := int64(0)
		if len(feed) > 0 {
			after = feed[len(feed)-1].Seq
		}
		page := Into[List[Notification]](p.Get(fmt.Sprintf("/notifications?limit=100&after_seq=%d", after)).
			Wants(http.StatusOK))
		feed = append(feed, page.Items...)
		if !page.HasMore {
			return feed
		}
	}
}
