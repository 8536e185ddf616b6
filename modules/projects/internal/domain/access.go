package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

var (
	errNotManager = errs.Forbiddenf("only a manager of the project may do this")
	errNotCreator = errs.Forbiddenf("only an owner or admin of the organisation may create projects in it")

	errNotSystemAdmin = errs.Forbiddenf("only a system admin may list all projects")
)

// This file alone decides who may do what. The caller is known to see the project: the store reports it as [ErrNotFound]
// otherwise (ports.Projects). What a system admin may do only because they are one is reported, since it is recorded.

// CheckMayManage fails unless the caller may change, archive and delete the project: as the owner of a personal
// project, as an owner or admin of its organisation, or (asAdmin) as a system admin.
func (p *Project) CheckMayManage(by auth.Caller) (asAdmin bool, err error) {
	return by.Allow(by.Manages(p.state.OwnerID, p.state.OrganizationID), errNotManager)
}

// CheckMayCreate fails unless the caller may create projects in the organisation that their role is of: with
// [ErrOrganization] if they are no member of it, as if there were none.
func CheckMayCreate(by auth.Caller) (asAdmin bool, err error) {
	if !by.OrganizationRole.IsMember() {
		return by.Allow(false, ErrOrganization)
	}
	return by.Allow(by.OrganizationRole.Manages(), errNotCreator)
}

// CheckMayListAll fails unless the caller may list the projects of all users.
func CheckMayListAll(caller auth.Principal) error {
	_, err := caller.Allow(false, errNotSystemAdmin)
	return err
}
