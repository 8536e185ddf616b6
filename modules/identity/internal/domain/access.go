package domain

import (
	"slices"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// CheckMayManageUsers fails unless who may see and change the accounts of others.
func CheckMayManageUsers(who auth.Principal) error {
	if who.IsAdmin() {
		return nil
	}
	return errNotAdmin
}

var errNotAdmin = errs.Forbiddenf("only a system admin may manage users")

// Admins are all active admins, while nobody else can change that.
type Admins []ids.ID

// CheckStillManages is [CheckMayManageUsers] for the moment of the change. The zero principal is the command line, which
// needs no account.
func (a Admins) CheckStillManages(who auth.Principal) error {
	if who == (auth.Principal{}) || slices.Contains(a, who.UserID) {
		return nil
	}
	return errNotAdmin
}

// OtherThan reports whether there is an admin beside the user.
func (a Admins) OtherThan(user ids.ID) bool {
	return slices.ContainsFunc(a, func(admin ids.ID) bool { return admin != user })
}

// CheckMayChangeSelf fails if the change is one that nobody, not even an admin, may make with the route for the own
// account: role and activation.
func CheckMayChangeSelf(change UserChange) error {
	if change.TouchesAccess() {
		return errs.Forbiddenf("nobody may change their own role or activation here")
	}
	return nil
}
