// Package domain says what an organisation is, who belongs to it, and who may do what.
package domain

import (
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The refusals of this module.
var (
	ErrNotFound      = errs.NotFoundf("there is no such organisation")
	ErrNoMember      = errs.NotFoundf("there is no such member")
	ErrSlugTaken     = errs.New(errs.Conflict, "slug_taken", "another organisation has this slug")
	ErrAlreadyMember = errs.New(errs.Conflict, "already_member", "the user belongs to the organisation already")
	ErrLastOwner     = errs.New(errs.Conflict, "last_owner", "the last owner must stay an owner")
)

// Organization is people who share work.
type Organization struct{ state State }

// State holds all fields of an organisation: what the store keeps and the API shows.
type State struct {
	ID        ids.ID
	Name      string
	Slug      Slug  // unique
	Version   int64 // counts changes by people, from 1; those of its members do not count
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewOrganization creates an organisation from a draft, under a slug.
func NewOrganization(id ids.ID, draft Draft, slug Slug, now time.Time) *Organization {
	return &Organization{State{ID: id, Name: draft.name, Slug: slug, Version: 1, CreatedAt: now, UpdatedAt: now}}
}

// Restore returns a stored organisation. It checks nothing: only valid ones are stored.
func Restore(state State) *Organization { return &Organization{state} }

// State returns a copy of the organisation's fields.
func (o *Organization) State() State { return o.state }

// Apply changes the organisation. A change that alters nothing keeps the version.
func (o *Organization) Apply(c Change, now time.Time) {
	next := o.state
	if c.name != nil {
		next.Name = *c.name
	}
	if c.slug != nil {
		next.Slug = *c.slug
	}
	if next == o.state {
		return
	}
	next.Version++
	next.UpdatedAt = now
	o.state = next
}
