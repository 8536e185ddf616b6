package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

var errNotManager = errs.Forbiddenf("only a manager of the project may do this")

// CheckManager fails unless who may change, archive and delete the project: the owner of a personal project, or a
// system admin. Whoever asks is known to see the project: for others it does not exist ([ErrNotFound]), which is
// the store's part (ports.Projects).
func (p *Project) CheckManager(who auth.Principal) error {
	if who.IsAdmin() || p.Personal() && p.state.OwnerID == who.UserID {
		return nil
	}
	return errNotManager
}

// CheckMayListAll fails unless who may list the projects of everybody.
func CheckMayListAll(who auth.Principal) error {
	if who.IsAdmin() {
		return nil
	}
	return errs.Forbiddenf("only a system admin may list all projects")
}
