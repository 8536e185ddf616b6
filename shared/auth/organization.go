package auth

// OrganizationRole is what a user may do in an organisation. The zero value is that of whoever is no member.
type OrganizationRole string

// The roles of an organisation's members. A member reads, an admin manages members and what belongs to the organisation,
// an owner does everything.
const (
	OrganizationNone   OrganizationRole = "" // of whoever is no member
	OrganizationOwner  OrganizationRole = "owner"
	OrganizationAdmin  OrganizationRole = "admin"
	OrganizationMember OrganizationRole = "member"
)

// ParseOrganizationRole reads the role of a member as the API and the tables spell it.
func ParseOrganizationRole(s string) (OrganizationRole, bool) {
	role := OrganizationRole(s)
	return role, role.IsMember()
}

// IsMember reports whether the role is that of a member: whether it lets one see what belongs to the organisation. A role
// that this program does not know lets nobody see anything.
func (r OrganizationRole) IsMember() bool { return r == OrganizationMember || r.Manages() }

// Manages reports whether the role lets one change what belongs to the organisation.
func (r OrganizationRole) Manages() bool { return r == OrganizationOwner || r == OrganizationAdmin }
