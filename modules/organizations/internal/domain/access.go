package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// This file alone decides who may do what. Each decision also says whether nothing but being a system admin allowed it,
// which is for the audit log.

var (
	errNotOwner   = errs.Forbiddenf("only an owner of the organisation may do this")
	errNotManager = errs.Forbiddenf("only an owner or an admin of the organisation may do this")
)

// Standing is somebody who asks, and what they are in an organisation.
type Standing struct {
	Caller auth.Principal
	Role   Role // RoleNone: not a member
}

// CheckSees fails with [ErrNotFound] unless the caller may know of the organisation: as a member, or a system admin.
func (s Standing) CheckSees() error {
	if s.Role == RoleNone && !s.Caller.IsAdmin() {
		return ErrNotFound
	}
	return nil
}

// ShownRole is the role that the caller acts in. A system admin who is no member acts as owner.
func (s Standing) ShownRole() Role {
	if s.Role == RoleNone && s.Caller.IsAdmin() {
		return RoleOwner
	}
	return s.Role
}

// CheckMayChange fails unless the caller may change the organisation itself, or delete it.
func (s Standing) CheckMayChange() (asAdmin bool, err error) {
	return s.check(s.Role == RoleOwner, errNotOwner)
}

// CheckMayAdd fails unless the caller may add a member with this role: only an owner makes owners.
func (s Standing) CheckMayAdd(role Role) (asAdmin bool, err error) {
	return s.checkMayManage(role == RoleOwner)
}

// CheckMaySetRole fails unless the caller may give the member this role; nil is the one that they have. Owners are the
// affair of owners.
func (s Standing) CheckMaySetRole(m *Member, role *Role) (asAdmin bool, err error) {
	return s.checkMayManage(m.state.Role == RoleOwner || role != nil && *role == RoleOwner)
}

// CheckMayRemove fails unless the caller may end the membership: their own, or one that they manage.
func (s Standing) CheckMayRemove(m *Member) (asAdmin bool, err error) {
	if m.isOf(s.Caller.UserID) {
		return false, nil
	}
	return s.checkMayManage(m.state.Role == RoleOwner)
}

// CheckMayListAll fails unless the caller may list the organisations of all.
func CheckMayListAll(caller auth.Principal) error {
	if caller.IsAdmin() {
		return nil
	}
	return errs.Forbiddenf("only a system admin may list all organisations")
}

// checkMayManage is for what owners and admins do to members. Where an owner is concerned, admins may not.
func (s Standing) checkMayManage(concernsOwner bool) (asAdmin bool, err error) {
	if s.Role == RoleAdmin && concernsOwner {
		return s.check(false, errNotOwner)
	}
	return s.check(s.Role == RoleOwner || s.Role == RoleAdmin, errNotManager)
}

func (s Standing) check(may bool, refusal error) (asAdmin bool, err error) {
	switch {
	case may:
		return false, nil
	case s.Caller.IsAdmin():
		return true, nil
	}
	return false, refusal
}

func (m *Member) isOf(user ids.ID) bool { return m.state.UserID == user }
