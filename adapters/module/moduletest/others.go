package moduletest

import (
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Person is a user whom the module has heard of, as far as it listens, and who sends it requests.
type Person struct {
	*httpservertest.Client
	events.User
}

// AsEvent is the person as events speak of them.
func (p Person) AsEvent() events.Person { return events.Person{ID: p.UserID, Name: p.DisplayName} }

// User registers somebody.
func (w *World) User(name string) Person {
	w.t.Helper()
	return w.register(name, auth.RoleUser)
}

// Admin registers a system admin.
func (w *World) Admin(name string) Person {
	w.t.Helper()
	return w.register(name, auth.RoleAdmin)
}

func (w *World) register(name string, role auth.Role) Person {
	w.t.Helper()
	client := w.LogIn(w.t, role)
	p := Person{client, events.User{
		UserID: client.Principal.UserID, Email: name + "@example.com", DisplayName: name, Role: string(role),
		IsActive: true, Version: 1,
	}}
	w.tell(events.UserRegistered{User: p.User, At: Start})
	return p
}

// Project makes a project of the owner's, a personal one.
func (w *World) Project(owner Person, alter ...func(*events.Project)) events.Project {
	w.t.Helper()
	p := events.Project{ProjectID: ids.New(), Name: "Garden", OwnerID: owner.UserID, Version: 1}
	for _, a := range alter {
		a(&p)
	}
	w.tell(events.ProjectCreated{Project: p, ByID: p.OwnerID, At: Start})
	return p
}

// OfOrganization gives a project to an organization that nobody knows, see [World.Project].
func OfOrganization(p *events.Project) { p.OrganizationID = new(ids.New()) }

// Archived is the news that a project is read-only. Its version is the one after that of p.
func Archived(p events.Project) events.ProjectChanged {
	p.Archived = true
	p.Version++
	return events.ProjectChanged{Project: p, ByID: p.OwnerID, At: Start}
}

// Deleted is the news that a project is gone.
func Deleted(p events.Project) events.ProjectDeleted {
	return events.ProjectDeleted{
		ProjectID: p.ProjectID, OwnerID: p.OwnerID, OrganizationID: p.OrganizationID, ByID: p.OwnerID, At: Start,
	}
}

// Deactivated is the news that a user may no longer log in. Its version is the one after that of u.
func Deactivated(u events.User) events.UserChanged {
	u.IsActive = false
	u.Version++
	return events.UserChanged{User: u, AccessChanged: true, At: Start}
}
