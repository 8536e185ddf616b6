package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// This file alone decides who may do what. The caller is known to see the organisation: the store reports it as
// [ErrNotFound] otherwise. What a system admin may do only because they are one (asAdmin) is reported, since it is recorded.

var (
	errNotOwner   = errs.Forbiddenf("only an owner of the organisation may do this")
	errNotManager = errs.Forbiddenf("only an owner or an admin of the organisation may do this")

	errNotSystemAdmin = errs.Forbiddenf("only a system admin may list all organisations")
)

// CheckSees fails with [ErrNotFound] unless the caller may know of the organisation: as a member, or a system admin.
func CheckSees(by auth.Caller) error {
	if by.OrganizationRole == auth.OrganizationNone && !by.IsAdmin() {
		return ErrNotFound
	}
	return nil
}

// ShownRole is the role that the caller acts in. A system admin who is no member acts as owner.
func ShownRole(by auth.Caller) auth.OrganizationRole {
	if by.OrganizationRole == auth.OrganizationNone && by.IsAdmin() {
		return auth.OrganizationOwner
	}
	return by.OrganizationRole
}

// CheckMayChange fails unless the caller may change the organisation itself.
func (o *Organization) CheckMayChange(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(by.OrganizationRole == auth.OrganizationOwner, errNotOwner)
}

// CheckMayDelete fails unless the caller may delete the organisation, with all that belongs to it.
func (o *Organization) CheckMayDelete(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(by.OrganizationRole == auth.OrganizationOwner, errNotOwner)
}

// CheckMayAdd fails unless the caller may add a member with this role: only an owner makes owners.
func CheckMayAdd(by auth.Caller, role auth.OrganizationRole) (asAdmin bool, err error) {
	return checkMayManage(by, role == auth.OrganizationOwner)
}

// CheckMaySetRole fails unless the caller may give the member this role; nil is the one that they have. Owners are the
// affair of owners.
func (m *Member) CheckMaySetRole(by auth.Caller, role *auth.OrganizationRole) (asAdmin bool, err error) {
	return checkMayManage(by, m.isOwner() || role != nil && *role == auth.OrganizationOwner)
}

// CheckMayRemove fails unless the caller may end the membership: their own, or one that they manage.
func (m *Member) CheckMayRemove(by auth.Caller) (asAdmin bool, err error) {
	if m.state.UserID == by.UserID {
		return false, nil
	}
	return checkMayManage(by, m.isOwner())
}

// CheckMayListAll fails unless the caller may list the organisations of all.
func CheckMayListAll(caller auth.Principal) error {
	_, err := caller.Allow(false, errNotSystemAdmin)
	return err
}

// checkMayManage is for what owners and admins do to members. Where an owner is concerned, admins may not.
func checkMayManage(by auth.Caller, concernsOwner bool) (asAdmin bool, err error) {
	if by.OrganizationRole == auth.OrganizationAdmin && concernsOwner {
		return by.Allow(false, errNotOwner)
	}
	return by.Allow(by.OrganizationRole.Manages(), errNotManager)
}
