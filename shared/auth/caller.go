package auth

import "fasttrack/shared/ids"

// Caller is who asks for something, and what they are in the organisation that it belongs to. What belongs to an
// organisation has an owner all the same: who made it, without rights.
type Caller struct {
	Principal
	OrganizationRole OrganizationRole // [OrganizationNone]: not a member, or it belongs to no organisation
}

// Sees reports whether the caller may read what belongs to the owner or, unless it is nil, to the organisation: as the
// owner, as a member, or as a system admin. The condition of statements, replica.Memberships.Sees, says the same.
func (c Caller) Sees(owner ids.ID, organization *ids.ID) bool {
	if c.IsAdmin() {
		return true
	}
	if organization == nil {
		return c.UserID == owner
	}
	return c.OrganizationRole.IsMember()
}

// Manages reports whether the caller has the right to change what belongs to the owner or, unless it is nil, to the
// organisation: as the owner, or as one of its owners and admins. What a system admin may besides is up to
// [Principal.Allow].
func (c Caller) Manages(owner ids.ID, organization *ids.ID) bool {
	if organization == nil {
		return c.UserID == owner
	}
	return c.OrganizationRole.Manages()
}

// Allow grants what the principal has a right to, and everything to a system admin. What nothing but being one allows
// (asAdmin) is reported, since it is recorded. For others it fails with the refusal.
func (p Principal) Allow(right bool, refusal error) (asAdmin bool, err error) {
	switch {
	case right:
		return false, nil
	case p.IsAdmin():
		return true, nil
	}
	return false, refusal
}
