package domain

import (
	"slices"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

var (
	nameRule  = text.Rule{Name: "name", Min: 1, Max: 200}
	emailRule = text.Rule{Name: "email", Min: 1, Max: 254}
)

// Draft is the validated content of a new organisation.
type Draft struct {
	name string
	slug *Slug // nil: to be derived from the name
}

// NewDraft validates all fields. The error reports every invalid one.
func NewDraft(name string, slug *string) (Draft, error) {
	c, err := NewChange(&name, slug)
	if err != nil {
		return Draft{}, err
	}
	return Draft{*c.name, c.slug}, nil
}

// Name returns the name of the new organisation.
func (d Draft) Name() string { return d.name }

// Slug returns the slug that was asked for; nil: none in particular.
func (d Draft) Slug() *Slug { return d.slug }

// Change is a validated partial update. A field that is nil stays as it is.
type Change struct {
	name *string
	slug *Slug
}

// NewChange validates all fields. The error reports every invalid one.
func NewChange(name, slug *string) (Change, error) {
	var c Change
	var bad []errs.Field
	if name != nil {
		clean, complaints := nameRule.Check(*name)
		c.name, bad = &clean, append(bad, complaints...)
	}
	if slug != nil {
		parsed, complaints := checkSlug(*slug)
		c.slug, bad = &parsed, append(bad, complaints...)
	}
	return c, errs.InvalidFields(bad...)
}

// Invitation is the validated wish to add somebody. Who it is is told by their address or by their id, never by both.
type Invitation struct {
	email  string
	userID *ids.ID
	role   auth.OrganizationRole
}

// NewInvitation validates all fields. The error reports every invalid one.
func NewInvitation(email *string, userID *ids.ID, role string) (Invitation, error) {
	i := Invitation{userID: userID}
	var bad []errs.Field
	switch {
	case email != nil && userID != nil:
		bad = append(bad, errs.Body("user_id", "must not be there beside email"))
	case email == nil && userID == nil:
		bad = append(bad, errs.Body("email", "must be there, or user_id"))
	case email != nil:
		var complaints []errs.Field
		i.email, complaints = emailRule.Check(*email)
		bad = slices.Concat(bad, complaints)
	}
	var ok bool
	if i.role, ok = auth.ParseOrganizationRole(role); !ok {
		bad = append(bad, errs.Body("role", "must be owner, admin or member"))
	}
	return i, errs.InvalidFields(bad...)
}

// Email returns the address of whom to add; empty: it is told by UserID.
func (i Invitation) Email() string { return i.email }

// UserID returns whom to add; nil: it is told by Email.
func (i Invitation) UserID() *ids.ID { return i.userID }

// Role returns what they shall be.
func (i Invitation) Role() auth.OrganizationRole { return i.role }

// Unknown is the refusal of an invitation of nobody: only active users can be added.
func (i Invitation) Unknown() error {
	if i.userID != nil {
		return errs.InvalidField("user_id", "must be an active user")
	}
	return errs.InvalidField("email", "must be the address of an active user")
}
