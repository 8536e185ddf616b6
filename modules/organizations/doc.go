// Package organizations is the bounded context of organisations: which there are, and who belongs to them as what.
//
// Owns: organisations and memberships.
// Publishes: organizations.member_added, organizations.member_changed, organizations.member_removed,
// organizations.organization_changed, organizations.organization_created, organizations.organization_deleted.
// Listens: identity.user_changed, identity.user_registered.
// Keeps copies of: users (their addresses, what they are called, whether they are active).
// Tables: organizations, organization_members, organization_users.
//
// Every command takes its locks in the same order: the copies of users, the organisation, its members in the order of
// their users. Whoever changes members holds the organisation FOR KEY SHARE, so that it is not deleted meanwhile; whoever
// changes or deletes the organisation holds it FOR UPDATE, and then nobody holds a member.
//
// An organisation has an owner at any time. Whether that owner can log in does not matter to this rule: an owner who is
// deactivated stays one, and meanwhile a system admin acts as owner.
package organizations
