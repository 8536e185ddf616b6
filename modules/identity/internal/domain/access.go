package domain

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// CheckMayManageUsers fails unless who may see and change the accounts of others.
func CheckMayManageUsers(who auth.Principal) error {
	if who.IsAdmin() {
		return nil
	}
	return errs.Forbiddenf("only a system admin may manage users")
}

// CheckMayChangeSelf fails if the change is one that nobody, not even an admin, may make with the route for the own
// account: role and activation.
func CheckMayChangeSelf(change UserChange) error {
	if change.TouchesAccess() {
		return errs.Forbiddenf("nobody may change their own role or activation here")
	}
	return nil
}
