package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

var errNotManager = errs.Forbiddenf("only a manager of the project may do this")

// CheckMayManage fails unless the caller may change, archive and delete the project: as the owner of a personal
// project, or as a system admin. The caller is known to see the project: the store reports it as [ErrNotFound]
// otherwise (ports.Projects).
func (p *Project) CheckMayManage(caller auth.Principal) error {
	if caller.IsAdmin() || p.Personal() && p.state.OwnerID == caller.UserID {
		return nil
	}
	return errNotManager
}

// CheckMayListAll fails unless the caller may list the projects of all users.
func CheckMayListAll(caller auth.Principal) error {
	if caller.IsAdmin() {
		return nil
	}
	return errs.Forbiddenf("only a system admin may list all projects")
}
