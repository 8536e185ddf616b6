package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// Caller is who asks for something, and what they are in the organisation that it is about.
type Caller struct {
	auth.Principal
	Role auth.OrganizationRole // none: not a member, or a personal project
}

var (
	errNotManager = errs.Forbiddenf("only a manager of the project may do this")
	errNotCreator = errs.Forbiddenf("only an owner or admin of the organisation may create projects in it")
)

// This file alone decides who may do what. The caller is known to see the project: the store reports it as [ErrNotFound]
// otherwise (ports.Projects). What a system admin may do only because they are one is reported, since it is recorded.

// CheckMayManage fails unless the caller may change, archive and delete the project: as the owner of a personal
// project, as an owner or admin of its organisation, or (asAdmin) as a system admin.
func (p *Project) CheckMayManage(by Caller) (asAdmin bool, err error) {
	if p.Personal() {
		return allow(by, p.state.OwnerID == by.UserID, errNotManager)
	}
	return allow(by, by.Role.Manages(), errNotManager)
}

// CheckMayCreate fails unless the caller may create projects in the organisation that their role is of: with
// [ErrOrganization] if they are no member of it, as if there were none.
func CheckMayCreate(by Caller) (asAdmin bool, err error) {
	if !by.Role.IsMember() {
		return allow(by, false, ErrOrganization)
	}
	return allow(by, by.Role.Manages(), errNotCreator)
}

// CheckMayListAll fails unless the caller may list the projects of all users.
func CheckMayListAll(caller auth.Principal) error {
	if caller.IsAdmin() {
		return nil
	}
	return errs.Forbiddenf("only a system admin may list all projects")
}

// allow grants what the caller has a right to, and everything to a system admin.
func allow(by Caller, right bool, refusal error) (asAdmin bool, err error) {
	switch {
	case right:
		return false, nil
	case by.IsAdmin():
		return true, nil
	}
	return false, refusal
}
